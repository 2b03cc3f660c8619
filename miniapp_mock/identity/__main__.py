"""Run the stand-in: `python -m miniapp_mock.identity --port 8104`."""

import argparse
import os

import uvicorn

from miniapp_mock.identity import WeChat, create_app


def main() -> None:
    """Serve until stopped. App id and secret from `WECHAT_APP_ID` and `WECHAT_SECRET`."""
    parser = argparse.ArgumentParser(description="Stand-in of WeChat's identity services")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    wechat = WeChat(os.environ.get("WECHAT_APP_ID", "wxdemo"), os.environ.get("WECHAT_SECRET", "demo-secret"))
    uvicorn.run(create_app(wechat), host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
