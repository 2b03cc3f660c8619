"""The phone page: a person's check-in in a browser that stands in for the mini-program."""

from miniapp_mock.phone.app import create_app

__all__ = ["create_app"]
