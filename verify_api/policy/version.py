"""A policy with the name that decisions store."""

from dataclasses import dataclass
from datetime import date

from verify_api.policy.values import Policy


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy with the name a decision stores."""

    version: str
    effective_from: date
    policy: Policy
