"""Run the page: `python -m miniapp_mock.phone --port 8105 --api http://… --identity http://…`."""

import argparse

import uvicorn

from miniapp_mock.phone import create_app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Phone page")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api", required=True, help="address of the service")
    parser.add_argument("--identity", required=True, help="address of WeChat's stand-in")
    parser.add_argument("--inbox", default="", help="address of the SMS inbox, shown in demonstrations")
    options = parser.parse_args()
    app = create_app(
        api_url=options.api.rstrip("/"), identity_url=options.identity.rstrip("/"), inbox_url=options.inbox
    )
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
