"""`/api/v1/console/policies`: policies and their versions; one officer drafts, another puts into force."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from registry.clock import SHANGHAI
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.deps import StaffDep, require_staff
from verify_api.cases.views import iso
from verify_api.console.bodies import Day, Nothing, Said
from verify_api.http.deps import Body, NowDep, SessionDep
from verify_api.policy import service
from verify_api.policy.models import StoredPolicy
from verify_api.policy.rules import Change, rows

router = APIRouter(prefix="/api/v1/console/policies", tags=["console"])
Answer = dict[str, Any]
# 管理员 drafts; 管理员 or 决定人 looks it through and puts it into force, never the one who drafted it.
DRAFTS, DECIDES = (Role.ADMIN,), (Role.ADMIN, Role.DECIDER)
DrafterDep = Annotated[Actor, Depends(require_staff(*DRAFTS))]
DeciderDep = Annotated[Actor, Depends(require_staff(*DECIDES))]
STATUS = {"draft": "草案", "previewed": "已预览，待启用", "active": "已启用", "withdrawn": "已撤回"}


class Draft(Body):
    """A new version: what it changes, named like `revocation.mode`, from when, why and on which basis."""

    changes: Annotated[dict[str, Any], Field(min_length=1, max_length=200)]
    effective_from: Day
    reason: Said
    basis: Said


@router.get("")
def list_policies(_actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """The values in force today with unit and basis, and every version."""
    today: date = now.astimezone(SHANGHAI).date()
    found = service.policy_on(session, on=today)
    values = [
        {"path": r.path, "label": r.label, "value": r.value, "unit": r.unit, "basis": r.basis}
        for r in rows(found.policy)
    ]
    versions = [version_view(row) for row in service.versions(session)]
    return {"in_force": found.version, "values": values, "versions": versions}


@router.post("", status_code=201)
def draft_policy(body: Draft, actor: DrafterDep, session: SessionDep, now: NowDep) -> Answer:
    """Draft a version on the newest active one."""
    return version_view(service.draft(session, **body.model_dump(), actor=actor.label, now=now))


@router.get("/{version}")
def show_policy(version: str, _actor: StaffDep, session: SessionDep) -> Answer:
    """A version with what it changes."""
    changes = service.compare(session, version).changes
    return version_view(service.stored(session, version)) | {"changes": [_change(one) for one in changes]}


@router.post("/{version}/preview")
def preview_policy(
    version: str, _body: Nothing, actor: DeciderDep, session: SessionDep, now: NowDep
) -> Answer:
    """What the version would change; marks it as looked through."""
    found = service.preview(session, version, actor=actor.label, now=now)
    return {
        "version": found.version,
        "against": found.against,
        "changes": [_change(c) for c in found.changes],
    }


@router.post("/{version}/activation")
def activate_policy(
    version: str, _body: Nothing, actor: DeciderDep, session: SessionDep, now: NowDep
) -> Answer:
    """Put a previewed version into force from its date; never the officer who drafted it."""
    service.activate(session, version, actor=actor.label, now=now)
    return version_view(service.stored(session, version))


@router.post("/{version}/withdrawal")
def withdraw_policy(
    version: str, _body: Nothing, actor: DeciderDep, session: SessionDep, now: NowDep
) -> Answer:
    """Take back a version that has not taken effect."""
    service.withdraw(session, version, actor=actor.label, now=now)
    return version_view(service.stored(session, version))


def version_view(row: StoredPolicy) -> Answer:
    """A version as the interface tells it."""
    steps = {
        step: {"by": by, "at": iso(at)}
        for step, by, at in (
            ("drafted", row.drafted_by, row.drafted_at),
            ("previewed", row.previewed_by, row.previewed_at),
            ("activated", row.activated_by, row.activated_at),
            ("withdrawn", row.withdrawn_by, row.withdrawn_at),
        )
        if by is not None and at is not None
    }
    return {
        "version": row.version,
        "based_on": row.based_on,
        "effective_from": row.effective_from.isoformat(),
        "status": row.status,
        "status_label": STATUS[row.status],
        "reason": row.reason,
        "basis": row.basis,
        "steps": steps,
    }


def _change(one: Change) -> Answer:
    return {
        "path": one.path,
        "label": one.label,
        "old": one.old,
        "new": one.new,
        "unit": one.unit,
        "basis": one.basis,
    }
