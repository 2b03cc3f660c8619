"""Run the stand-in: `python -m miniapp_mock.upstream --port 8003` (token from `DAKA_UPSTREAM_TOKEN`)."""

import click
import uvicorn

from miniapp_mock.upstream.app import create_app


@click.command()
@click.option("--port", default=8003, show_default=True)
def main(port: int) -> None:
    """Serve an empty city on this machine only; `PUT /control/city` fills it."""
    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
