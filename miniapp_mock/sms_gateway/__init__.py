"""A stand-in SMS gateway: takes messages over HTTP, shows them in an inbox, reports their delivery."""

from miniapp_mock.sms_gateway.app import create_app

__all__ = ["create_app"]
