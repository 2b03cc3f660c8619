"""A stand-in of WeChat's identity services, in the shapes of their documentation."""

from miniapp_mock.identity.app import create_app
from miniapp_mock.identity.wechat import WeChat

__all__ = ["WeChat", "create_app"]
