"""The outside world of a process: SMS, upstream library, geocoder, seal, WeChat. Made once, from settings."""

from dataclasses import dataclass

from registry.addresses.adapters.choice import make_geocoder
from registry.addresses.geocoder import Geocoder
from registry.sync.adapters.http import HttpUpstream
from registry.sync.upstream import Upstream
from verify_api.messages.adapters.base import SmsProvider
from verify_api.messages.adapters.choose import make_provider
from verify_api.miniapp.wechat import IdentityProvider, WeChat
from verify_api.notices.seal import Seal, open_seal
from verify_api.parts import Parts
from verify_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Outside:
    """Adapters of the jobs. None where there is none: such jobs then leave everything as it is."""

    sms: SmsProvider | None
    upstream: Upstream | None
    geocoder: Geocoder
    seal: Seal


def make_upstream(settings: Settings) -> Upstream | None:
    """The upstream library, if its address is set."""
    if not settings.upstream_url:
        return None
    return HttpUpstream(settings.upstream_url, settings.upstream_token.get_secret_value())


def make_identity(settings: Settings) -> IdentityProvider:
    """WeChat, or whatever stands at the address that is set."""
    secret = settings.wechat_secret.get_secret_value()
    return WeChat(settings.wechat_url, app_id=settings.wechat_app_id, secret=secret)


def make_outside(parts: Parts) -> Outside:
    """Everything the jobs speak to."""
    settings = parts.settings
    is_sms_set = bool(settings.sms_url) or settings.sms_provider != "gateway"
    return Outside(
        sms=make_provider(settings) if is_sms_set else None,
        upstream=make_upstream(settings),
        geocoder=make_geocoder(settings.geocoder, settings.geocoder_key.get_secret_value()),
        seal=open_seal(
            settings.seal_file,
            settings.seal_password.get_secret_value(),
            folder=settings.var / "keys",
            office=settings.bureau_name,
            now=parts.clock(),
        ),
    )
