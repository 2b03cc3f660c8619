"""Which way out this installation uses."""

from registry.errors import Unavailable
from verify_api.messages.adapters.aliyun import AliyunConfig, AliyunProvider
from verify_api.messages.adapters.base import SmsProvider
from verify_api.messages.adapters.gateway import GatewayProvider
from verify_api.messages.adapters.tencent import TencentConfig, TencentProvider
from verify_api.settings import Settings


class SmsNotConfigured(Unavailable):
    """The settings name no usable provider."""

    code = "sms_not_configured"
    message = "短信服务未配置"


def make_provider(settings: Settings) -> SmsProvider:
    """The provider that `DAKA_SMS_PROVIDER` names: gateway, aliyun or tencent.

    Raises:
        SmsNotConfigured: Another name, or what that provider needs is missing.
    """
    secret = settings.sms_token.get_secret_value()
    if settings.sms_provider == "gateway" and settings.sms_url:
        # Only a demonstration's gateway is an inbox and no more; behind any other a phone may ring.
        return GatewayProvider(settings.sms_url, secret, reaches_people=not settings.demo)
    if settings.sms_provider == "aliyun" and settings.sms_key_id and secret:
        aliyun = AliyunConfig(settings.sms_key_id, secret, settings.sms_templates)
        return AliyunProvider(aliyun)
    if settings.sms_provider == "tencent" and settings.sms_key_id and secret and settings.sms_app_id:
        tencent = TencentConfig(settings.sms_key_id, secret, settings.sms_app_id, settings.sms_templates)
        return TencentProvider(tencent)
    raise SmsNotConfigured(message=f"短信服务“{settings.sms_provider}”未配置完整")
