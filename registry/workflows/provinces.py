"""Which province's rules hold where and when."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from registry.errors import Invalid
from registry.workflows import guangdong, guangxi, jiangsu, jilin
from registry.workflows.profile import Profile

PROFILES: tuple[Profile, ...] = (jilin.PROFILE, jiangsu.PROFILE, guangxi.PROFILE, guangdong.PROFILE)

# What an operator may change by a dated setting with its basis, and how it is read.
SETTINGS = (
    "refused_categories",
    "categories",
    "review_workdays",
    "is_deemed_approved",
    "port_days",
    "departments",
)
_SETS = {"refused_categories", "categories"}


class NoProfile(Invalid):
    """No province profile holds for that place on that day."""

    code = "no_profile"
    message = "项目所在地尚未接入项目库"


class BadSetting(Invalid):
    """Not a setting of a profile, or not a value it can take."""

    code = "bad_setting"
    message = "该规则参数不存在或取值不正确"


def profile_for(
    location_code: str,
    on: date,
    *,
    profiles: Sequence[Profile] = PROFILES,
    settings: Iterable[tuple[str, Any]] = (),
) -> Profile:
    """The newest profile of the place's province that holds on the day, with its settings (JL-29).

    Raises:
        NoProfile: None holds.
    """
    holding = [p for p in profiles if location_code.startswith(p.region) and p.effective_on <= on]
    if not holding:
        raise NoProfile
    return with_settings(max(holding, key=lambda p: p.effective_on), settings)


def profile_by_key(
    key: str, *, profiles: Sequence[Profile] = PROFILES, settings: Iterable[tuple[str, Any]] = ()
) -> Profile:
    """The profile a filing was opened under.

    Raises:
        NoProfile: It is no longer known.
    """
    for profile in profiles:
        if profile.key == key:
            return with_settings(profile, settings)
    raise NoProfile


def with_settings(profile: Profile, settings: Iterable[tuple[str, Any]]) -> Profile:
    """The profile with an operator's settings, later ones over earlier ones."""
    changes = {name: read_setting(name, value) for name, value in settings}
    return replace(profile, **changes)


def read_setting(name: str, value: Any) -> Any:
    """The value in the profile's own form.

    Raises:
        BadSetting: No such setting, or not a value it can take.
    """
    if name in _SETS and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return frozenset(value)
    if name == "departments" and isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return dict(value)
    if name == "is_deemed_approved" and isinstance(value, bool):
        return value
    if name == "port_days" and isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 365:
        return value
    if name == "review_workdays" and (value is None or (type(value) is int and 1 <= value <= 60)):
        return value
    raise BadSetting
