"""Which provider an installation uses, and what the policy says about sending."""

from datetime import time, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from verify_api.messages.adapters.choose import SmsNotConfigured, make_provider
from verify_api.messages.policy import delivery_rules
from verify_api.messages.rules import DeliveryRules
from verify_api.policy.values import Messages
from verify_api.settings import Settings

KEY = {"sms_key_id": "id", "sms_token": SecretStr("secret")}


@pytest.mark.parametrize(
    ("settings", "reaches_people"),
    [
        ({"sms_provider": "gateway", "sms_url": "http://127.0.0.1:1"}, True),
        ({"sms_provider": "gateway", "sms_url": "http://127.0.0.1:1", "demo": True}, False),
        ({"sms_provider": "aliyun"} | KEY, True),
        ({"sms_provider": "tencent", "sms_app_id": "1400006666"} | KEY, True),
    ],
)
def test_the_settings_choose_the_provider(settings: dict[str, Any], reaches_people: bool) -> None:
    provider = make_provider(Settings(**settings))
    assert (provider.name, provider.reaches_people) == (settings["sms_provider"], reaches_people)


@pytest.mark.parametrize(
    "settings",
    [
        {"sms_provider": "gateway", "sms_url": ""},
        {"sms_provider": "aliyun"},
        {"sms_provider": "tencent"} | KEY,
        {"sms_provider": "pigeon"},
    ],
)
def test_half_a_configuration_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SmsNotConfigured):
        make_provider(Settings(**settings))


def test_the_default_policy_is_what_sending_does_by_itself() -> None:
    assert delivery_rules(Messages()) == DeliveryRules()


def test_another_policy_changes_quiet_hours_and_limits() -> None:
    policy = Messages(quiet_from="22:30", quiet_until="07:00", code_resend_s=90, per_number_per_day=3)
    rules = delivery_rules(policy)
    assert (rules.quiet.start, rules.quiet.end) == (time(22, 30), time(7))
    assert (rules.limits.code_gap, rules.limits.messages_per_day) == (timedelta(seconds=90), 3)
