"""Run the gateway by itself: `python -m miniapp_mock.sms_gateway --token … --callback-url …`."""

from pathlib import Path

import click
import uvicorn

from miniapp_mock.sms_gateway.app import create_app


@click.command()
@click.option("--port", default=8092, show_default=True)
@click.option("--token", envvar="DAKA_SMS_TOKEN", required=True, help="What senders present.")
@click.option("--callback-url", help="Where receipts are pushed.")
@click.option(
    "--callback-secret", envvar="DAKA_SMS_CALLBACK_TOKEN", default="", help="Key of their signature."
)
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="Keep messages here.")
def main(port: int, token: str, callback_url: str | None, callback_secret: str, file: Path | None) -> None:
    """Serve the stand-in gateway and its inbox on this machine only."""
    app = create_app(token=token, callback_url=callback_url, callback_secret=callback_secret, file=file)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
