"""Policies in force, and how a new one comes into force: drafted, previewed, activated by somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, cast, func, select, text
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from verify_api.policy.models import PolicyEvent, PolicyStatus, StoredPolicy
from verify_api.policy.rules import Change, changed, differences, parse_stored, require_own_notice, to_values
from verify_api.policy.values import Policy
from verify_api.policy.version import PolicyVersion

# Any number of ours: versions are numbered and activated one transaction at a time.
LOCK = 4_031_930


class NoPolicy(Unavailable):
    """No version is in force on that date, so no decision can be taken."""

    code = "no_policy"
    message = "该日期没有生效的政策版本"


class PolicyNotFound(NotFound):
    """There is no such version."""

    code = "policy_not_found"
    message = "没有这个政策版本"


class PolicyNotOpen(Conflict):
    """The version is not in the state that this step needs."""

    code = "policy_not_open"


class SameOfficer(Forbidden):
    """Drafting and activating are two officers' work."""

    code = "same_officer"
    message = "政策须由起草人以外的工作人员启用"


class PolicyDateTooEarly(Invalid):
    """A version may not change what already happened."""

    code = "policy_date_too_early"
    message = "生效日期须晚于启用当日，政策不溯及既往"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would change, against the version then in force."""

    version: str
    against: str
    effective_from: date
    changes: list[Change]


def policy_on(session: Session, *, on: date) -> PolicyVersion:
    """The version in force on a date (in Shanghai).

    Raises:
        NoPolicy: Nothing is in force then.
    """
    found = session.scalar(
        select(StoredPolicy)
        .where(StoredPolicy.status == PolicyStatus.ACTIVE, StoredPolicy.effective_from <= on)
        .order_by(StoredPolicy.effective_from.desc(), StoredPolicy.id.desc())
        .limit(1)
    )
    if found is None:
        raise NoPolicy
    return _version(found)


def rules_at(session: Session, now: datetime) -> Policy:
    """The values in force at a moment, by the day in Shanghai.

    Raises:
        NoPolicy: Nothing is in force then.
    """
    return policy_on(session, on=now.astimezone(SHANGHAI).date()).policy


def versions(session: Session) -> list[StoredPolicy]:
    """Every version, the newest first."""
    return list(session.scalars(select(StoredPolicy).order_by(StoredPolicy.id.desc())))


def newest_active(session: Session) -> PolicyVersion:
    """The version that a draft would change: in force already, or from its date on.

    Raises:
        NoPolicy: None was ever activated.
    """
    return _version(_newest_active(session))


def stored(session: Session, version: str) -> StoredPolicy:
    """A version with the officers behind it.

    Raises:
        PolicyNotFound: No such version.
    """
    return _find(session, version)


def policy_named(session: Session, version: str) -> PolicyVersion:
    """The version a past decision was taken under.

    Raises:
        PolicyNotFound: No such version.
    """
    return _version(_find(session, version))


def draft(
    session: Session,
    *,
    changes: Mapping[str, Any],
    effective_from: date,
    reason: str,
    basis: str,
    actor: str,
    now: datetime,
) -> StoredPolicy:
    """A new version: the newest active one with `changes` (named like `revocation.mode`).

    Raises:
        PolicyInvalid: A value is unknown or out of range.
        PolicyDateTooEarly: It would take effect today or earlier, or before the version it changes.
    """
    if not reason.strip() or not basis.strip():
        raise Invalid("须填写修改理由和依据", code="policy_reason_missing")
    base = _newest_active(session)
    _check_date(effective_from, base, now=now)
    new = changed(parse_stored(base.values), changes)
    require_own_notice(new, _ever_active(session))
    row = StoredPolicy(
        version=_next_version(session),
        based_on=base.version,
        values=to_values(new),
        effective_from=effective_from,
        status=PolicyStatus.DRAFT,
        reason=reason.strip(),
        basis=basis.strip(),
        drafted_by=actor,
        drafted_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, row, actor, now)
    return row


def preview(session: Session, version: str, *, actor: str, now: datetime) -> Preview:
    """What the version would change; only a version somebody has looked at so can be activated.

    Raises:
        PolicyNotOpen: It is active or withdrawn.
    """
    row = _find(session, version, lock=True)
    _require(row, PolicyStatus.DRAFT, PolicyStatus.PREVIEWED)
    row.status, row.previewed_by, row.previewed_at = PolicyStatus.PREVIEWED, actor, now
    _note(session, row, actor, now)
    return compare(session, version)


def compare(session: Session, version: str) -> Preview:
    """What the version changes against the one it was drafted on."""
    row = _find(session, version)
    before = policy_named(session, row.based_on or version)
    changes = differences(before.policy, parse_stored(row.values))
    return Preview(version, before.version, row.effective_from, changes)


def activate(session: Session, version: str, *, actor: str, now: datetime) -> PolicyVersion:
    """Put a previewed version into force from its date.

    Raises:
        SameOfficer: The drafter may not activate.
        PolicyNotOpen: Nobody has previewed it, or another version was activated since it was drafted.
        PolicyDateTooEarly: Its date has come meanwhile.
    """
    row = _find(session, version, lock=True)
    _require(row, PolicyStatus.PREVIEWED)
    if actor == row.drafted_by:
        raise SameOfficer
    base = _newest_active(session)
    if base.version != row.based_on:
        # Its values were made from another base; in force they would silently undo the later change.
        raise PolicyNotOpen("起草之后政策已有变动，请重新起草")
    _check_date(row.effective_from, base, now=now)
    row.status, row.activated_by, row.activated_at = PolicyStatus.ACTIVE, actor, now
    _note(session, row, actor, now)
    return _version(row)


def withdraw(session: Session, version: str, *, actor: str, now: datetime) -> None:
    """Take back a version that has not taken effect.

    Raises:
        PolicyNotOpen: It is withdrawn already or in force.
    """
    row = _find(session, version, lock=True)
    _require(row, PolicyStatus.DRAFT, PolicyStatus.PREVIEWED, PolicyStatus.ACTIVE)
    if row.status == PolicyStatus.ACTIVE and row.effective_from <= _today(now):
        raise PolicyNotOpen("该版本已生效，不能撤回；请起草新版本")
    row.status, row.withdrawn_by, row.withdrawn_at = PolicyStatus.WITHDRAWN, actor, now
    _note(session, row, actor, now)


def _note(session: Session, row: StoredPolicy, actor: str, now: datetime) -> None:
    """Append the step that the version has just taken."""
    event = PolicyEvent(
        version_id=row.id,
        at=now,
        event=PolicyStatus(row.status).value,
        actor=actor,
        effective_from=row.effective_from,
        values=row.values,
    )
    session.add(event)
    session.flush()


def _version(row: StoredPolicy) -> PolicyVersion:
    return PolicyVersion(row.version, row.effective_from, parse_stored(row.values))


def _find(session: Session, version: str, *, lock: bool = False) -> StoredPolicy:
    query = select(StoredPolicy).where(StoredPolicy.version == version)
    if lock:
        # One step at a time: the look at the newest active version must see the other's activation.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise PolicyNotFound
    return row


def _require(row: StoredPolicy, *allowed: PolicyStatus) -> None:
    if row.status not in allowed:
        raise PolicyNotOpen(f"政策版本 {row.version} 当前状态为 {row.status}，不能进行此操作")


def _newest_active(session: Session) -> StoredPolicy:
    row = session.scalar(
        select(StoredPolicy)
        .where(StoredPolicy.status == PolicyStatus.ACTIVE)
        .order_by(StoredPolicy.effective_from.desc(), StoredPolicy.id.desc())
        .limit(1)
    )
    if row is None:
        raise NoPolicy
    return row


def _ever_active(session: Session) -> list[Policy]:
    query = select(StoredPolicy.values).where(StoredPolicy.activated_at.is_not(None))
    return [parse_stored(values) for values in session.scalars(query)]


def _next_version(session: Session) -> str:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    newest = session.scalar(select(func.max(cast(StoredPolicy.version, Integer))))
    return str((newest or 0) + 1)


def _check_date(day: date, base: StoredPolicy, *, now: datetime) -> None:
    if day <= _today(now):
        raise PolicyDateTooEarly
    if day < base.effective_from:
        raise PolicyDateTooEarly(
            f"已有将于 {base.effective_from.isoformat()} 生效的版本，新版本不能早于它；需要时请先撤回该版本"
        )


def _today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()
