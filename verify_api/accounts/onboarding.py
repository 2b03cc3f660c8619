"""What an enterprise confirms and uploads before it sees its tasks (SZ-06, SZ-10…SZ-13)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.db import Json
from registry.enterprises.models import Certificate, Enterprise, QualificationItem, SafetyPermit
from registry.errors import Conflict
from verify_api.accounts.actor import Actor
from verify_api.accounts.contacts import contact_of, keep_contact
from verify_api.accounts.events import note
from verify_api.accounts.inclusion import NoAccount
from verify_api.accounts.models import InfoConfirmation, Onboarding, OnboardingFile
from verify_api.accounts.rules import Gate, Step, closed, next_gate
from verify_api.evidence.store import StoredFile

# Version of the 操作细则 in force (pages/templates/rules.html). A new text is to be read anew.
RULES_VERSION = "2024-1"


class RulesNotRead(Conflict):
    """The 操作细则 in force have not been marked as read (SZ-13)."""

    code = "rules_not_read"
    message = "请先阅读操作细则并勾选“已阅读”"


class RulesOutdated(Conflict):
    """Another version than the one in force was marked as read."""

    code = "rules_version_outdated"
    message = "操作细则已更新，请阅读最新版本"


@dataclass(frozen=True, slots=True)
class Profile:
    """Where an enterprise stands, with everything its 基本情况 page shows."""

    gate: Gate
    base: Json
    synced_at: datetime
    rules_version: str
    rules_read_at: datetime | None
    confirmed_at: datetime | None
    confirmer: str
    is_changed: bool
    licence: OnboardingFile | None
    video: OnboardingFile | None


def base_data(session: Session, enterprise_id: int) -> Json:
    """The enterprise's base data as the registry has it now; what is confirmed is exactly this."""
    enterprise = session.get_one(Enterprise, enterprise_id)
    return {
        "uscc": enterprise.uscc,
        "name": enterprise.name,
        "kind": enterprise.kind,
        "legal_representative": enterprise.legal_representative,
        "registered_address": enterprise.registered_address,
        "district_code": enterprise.district_code,
        "items": _items(session, enterprise_id),
        "safety_permits": _permits(session, enterprise_id),
    }


def _items(session: Session, enterprise_id: int) -> list[Json]:
    rows = session.execute(
        select(QualificationItem, Certificate.number)
        .join(Certificate, Certificate.id == QualificationItem.certificate_id)
        .where(QualificationItem.enterprise_id == enterprise_id)
        .order_by(Certificate.number, QualificationItem.id)
    )
    return [
        {
            "certificate": number,
            "title": item.title,
            "first_issued_on": item.first_issued_on.isoformat(),
            "valid_to": item.valid_to.isoformat(),
            "licensing_authority": item.licensing_authority,
        }
        for item, number in rows
    ]


def _permits(session: Session, enterprise_id: int) -> list[Json]:
    rows = session.scalars(
        select(SafetyPermit).where(SafetyPermit.enterprise_id == enterprise_id).order_by(SafetyPermit.number)
    )
    return [
        {
            "number": permit.number,
            "valid_from": permit.valid_from.isoformat(),
            "valid_to": permit.valid_to.isoformat(),
            "status": permit.status,
        }
        for permit in rows
    ]


def profile_of(session: Session, enterprise_id: int) -> Profile:
    """Everything about an enterprise's onboarding.

    Raises:
        NoAccount: It has not been included.
    """
    row = _row(session, enterprise_id)
    base = base_data(session, enterprise_id)
    last = session.scalar(
        select(InfoConfirmation)
        .where(InfoConfirmation.enterprise_id == enterprise_id)
        .order_by(InfoConfirmation.id.desc())
        .limit(1)
    )
    return Profile(
        gate=Gate(row.gate),
        base=base,
        synced_at=session.get_one(Enterprise, enterprise_id).synced_at,
        rules_version=row.rules_version,
        rules_read_at=row.rules_read_at,
        confirmed_at=last.confirmed_at if last else None,
        confirmer=last.confirmer if last else "",
        is_changed=last is not None and last.snapshot != base,
        licence=newest_file(session, enterprise_id, "licence"),
        video=newest_file(session, enterprise_id, "video"),
    )


def newest_file(session: Session, enterprise_id: int, kind: str) -> OnboardingFile | None:
    """The licence or video in force."""
    return session.scalar(
        select(OnboardingFile)
        .where(OnboardingFile.enterprise_id == enterprise_id, OnboardingFile.kind == kind)
        .order_by(OnboardingFile.id.desc())
        .limit(1)
    )


def gate_of(session: Session, enterprise_id: int) -> Gate:
    """How far the enterprise has come.

    Raises:
        NoAccount: It has not been included.
    """
    return Gate(_row(session, enterprise_id).gate)


def require_ready(session: Session, enterprise_id: int) -> None:
    """Let an enterprise pass that has done all steps.

    Raises:
        GateClosed: Its code and reason name the next step.
        NoAccount: It has not been included.
    """
    gate = gate_of(session, enterprise_id)
    if gate is not Gate.READY:
        raise closed(gate)


def read_rules(session: Session, *, actor: Actor, version: str, now: datetime) -> None:
    """Keep that the 操作细则 were marked as read, which version and when (SZ-13).

    Raises:
        RulesOutdated: Another version is in force.
    """
    if version != RULES_VERSION:
        raise RulesOutdated
    row = _row(session, actor.own_enterprise, lock=True)
    row.rules_version, row.rules_read_at = version, now
    note(
        session,
        "rules_read",
        account_id=actor.account_id,
        actor=actor.label,
        now=now,
        detail={"version": version},
    )


def confirm_info(session: Session, *, actor: Actor, now: datetime) -> Gate:
    """Keep the present base data as confirmed (SZ-06), and from now on the contact as ours (SZ-08).

    Raises:
        RulesNotRead: The 操作细则 come first.
    """
    row = _row(session, actor.own_enterprise, lock=True)
    if row.rules_version != RULES_VERSION:
        raise RulesNotRead
    assert actor.account_id is not None
    gate = next_gate(Gate(row.gate), Step.CONFIRM)
    keep_contact(session, actor.own_enterprise, actor=actor, now=now)
    session.add(
        InfoConfirmation(
            enterprise_id=actor.own_enterprise,
            snapshot=base_data(session, actor.own_enterprise),
            account_id=actor.account_id,
            confirmer=contact_of(session, actor.own_enterprise).name,
            confirmed_at=now,
        )
    )
    return _advance(session, row, gate, now=now)


def store_licence(session: Session, *, actor: Actor, file: StoredFile, now: datetime) -> Gate:
    """Put a licence in force whose bytes have been looked at and stored (SZ-10).

    Raises:
        GateClosed: The base data come first.
    """
    row = _row(session, actor.own_enterprise, lock=True)
    gate = next_gate(Gate(row.gate), Step.LICENCE)
    _keep_file(session, actor, "licence", file, None, now=now)
    return _advance(session, row, gate, now=now)


def store_video(
    session: Session, *, actor: Actor, file: StoredFile, duration_s: float, now: datetime
) -> Gate:
    """Put a video in force whose bytes have been looked at and stored (SZ-11).

    Raises:
        GateClosed: Base data or licence come first.
    """
    row = _row(session, actor.own_enterprise, lock=True)
    gate = next_gate(Gate(row.gate), Step.VIDEO)
    _keep_file(session, actor, "video", file, duration_s, now=now)
    return _advance(session, row, gate, now=now)


def _row(session: Session, enterprise_id: int, *, lock: bool = False) -> Onboarding:
    row = session.get(Onboarding, enterprise_id, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NoAccount
    return row


def _advance(session: Session, row: Onboarding, gate: Gate, *, now: datetime) -> Gate:
    row.gate = gate
    if gate is Gate.READY and row.ready_at is None:
        row.ready_at = now
    session.flush()
    return gate


def _keep_file(
    session: Session, actor: Actor, kind: str, file: StoredFile, duration_s: float | None, *, now: datetime
) -> None:
    assert actor.account_id is not None
    session.add(
        OnboardingFile(
            enterprise_id=actor.own_enterprise,
            kind=kind,
            sha256=file.sha256,
            media_type=file.media_type,
            size=file.size,
            duration_s=duration_s,
            account_id=actor.account_id,
            uploaded_at=now,
        )
    )
