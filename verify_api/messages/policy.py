"""From the versioned policy to the rules of sending."""

from datetime import time, timedelta

from verify_api.messages.rules import DeliveryRules, NumberLimits, QuietHours
from verify_api.policy.values import Messages


def number_limits(policy: Messages) -> NumberLimits:
    """Limits of one number, as the policy in force has them."""
    return NumberLimits(
        code_gap=timedelta(seconds=policy.code_resend_s),
        codes_per_day=policy.codes_per_day,
        messages_per_day=policy.per_number_per_day,
    )


def delivery_rules(policy: Messages) -> DeliveryRules:
    """Quiet hours and limits from the policy; retries and simulated numbers are ours."""
    quiet = QuietHours(time.fromisoformat(policy.quiet_from), time.fromisoformat(policy.quiet_until))
    return DeliveryRules(quiet=quiet, limits=number_limits(policy))
