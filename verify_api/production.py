"""What keeps an installation from starting: demo parts left on, secrets missing or too short. Pure."""

import base64
import binascii

from verify_api.settings import Settings

SECRET_MIN = 16
KEY_BYTES = 32


def faults(settings: Settings) -> list[str]:
    """Everything that is wrong at once, in the words of the environment; empty for a demonstration."""
    if settings.demo:
        return []
    secret = settings.sms_callback_token.get_secret_value()
    found = (
        ("DATABASE_URL 未设置", not settings.database_url),
        ("DAKA_DATA_KEYS 未设置，或不是 编号:32字节密钥的base64", not _are_keys(settings)),
        (f"DAKA_SMS_CALLBACK_TOKEN 少于 {SECRET_MIN} 个字符", len(secret) < SECRET_MIN),
        ("DAKA_SIMULATION_CLOCK 只能用于演示", settings.simulation_clock is not None),
        ("DAKA_SECURE_COOKIES 不能关闭", not settings.secure_cookies),
        ("DAKA_PUBLIC_URL 须以 https:// 开头", not settings.public_url.startswith("https://")),
        ("DAKA_SEAL_FILE 未设置，自制印章证书只能用于演示", settings.seal_file is None),
    )
    return [said for said, is_wrong in found if is_wrong]


def _are_keys(settings: Settings) -> bool:
    pairs = [part.partition(":") for part in settings.data_keys.get_secret_value().split(",")]
    return all(name.strip() and _is_key(value) for name, _, value in pairs)


def _is_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False
