"""政策: what the service decides by, its versions, and the form with which officers change it."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import DakaError, Invalid
from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import StaffDep
from verify_api.console import policies
from verify_api.console.bodies import Day
from verify_api.console.desk import counts
from verify_api.console.policies import DeciderDep, DrafterDep
from verify_api.http.deps import Body, SessionDep
from verify_api.pages.forms import Fields, FormDep, typed
from verify_api.pages.people import actors_named
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.policy import service
from verify_api.policy.inputs import changes, inputs, shown
from verify_api.policy.models import PolicyStatus, StoredPolicy

router = APIRouter(prefix="/console/policies", include_in_schema=False)
TONES = {"draft": "", "previewed": "warn", "active": "ok", "withdrawn": ""}


class Heading(Body):
    """The fields of a draft that are no policy values."""

    effective_from: Day


@router.get("")
def policies_page(actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """The values in force with their basis, the versions, and for 管理员 the form of a new one."""
    return _page(frame, session, actor)


@router.post("")
def draft(form: FormDep, actor: DrafterDep, frame: FrameDep, session: SessionDep) -> Response:
    """Draft a version from the fields that differ from the newest active one."""
    outcome = attempt(session, lambda: _drafted(session, form, actor, frame))
    if isinstance(outcome, DakaError):
        return _page(frame, session, actor, error=outcome, form=form)
    return go(f"/console/policies/{outcome.version}", "policy_drafted")


@router.get("/{version}")
def policy_page(version: str, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """What a version changes, who is behind it, and the next step."""
    return _version_page(frame, session, actor, version)


@router.post("/{version}/preview")
def preview(
    version: str, _form: FormDep, actor: DeciderDep, frame: FrameDep, session: SessionDep
) -> Response:
    """预览: the changes were looked through."""
    return _step(service.preview, version, actor, frame, session)


@router.post("/{version}/activation")
def activation(
    version: str, _form: FormDep, actor: DeciderDep, frame: FrameDep, session: SessionDep
) -> Response:
    """启用, by another officer than the one who drafted it."""
    return _step(service.activate, version, actor, frame, session)


@router.post("/{version}/withdrawal")
def withdrawal(
    version: str, _form: FormDep, actor: DeciderDep, frame: FrameDep, session: SessionDep
) -> Response:
    """撤回, before it takes effect."""
    return _step(service.withdraw, version, actor, frame, session)


def _step(act: Callable[..., object], version: str, actor: Actor, frame: Frame, session: Session) -> Response:
    outcome = attempt(session, lambda: act(session, version, actor=actor.label, now=frame.now))
    if isinstance(outcome, DakaError):
        return _version_page(frame, session, actor, version, error=outcome)
    return go(f"/console/policies/{version}", "policy_step")


def _drafted(session: Session, form: Fields, actor: Actor, frame: Frame) -> StoredPolicy:
    base = service.newest_active(session)
    heading = typed(form, Heading, otherwise=Invalid("请填写生效日期", code="day_missing"))
    return service.draft(
        session,
        changes=changes(base.policy, form.text),
        effective_from=heading.effective_from,
        reason=form.text("reason"),
        basis=form.text("basis"),
        actor=actor.label,
        now=frame.now,
    )


def _page(
    frame: Frame,
    session: Session,
    actor: Actor,
    *,
    error: DakaError | None = None,
    form: Fields | None = None,
) -> Response:
    today = frame.now.astimezone(SHANGHAI).date()
    in_force, base = service.policy_on(session, on=today), service.newest_active(session)
    versions = service.versions(session)
    return frame.show(
        "console/policies.html",
        here="policies",
        counts=counts(session),
        in_force=in_force,
        base=base,
        sections=_by_section(base.policy if form else in_force.policy),
        fields=_by_section(base.policy),
        versions=[policies.version_view(row) for row in versions],
        names=actors_named(session, [row.drafted_by for row in versions]),
        tones=TONES,
        may_draft=actor.role in policies.DRAFTS,
        typed=form,
        errors=error or (),
        status=422 if error else 200,
    )


def _by_section(policy: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in inputs(policy):
        found.setdefault(one.row.section, []).append(one)
    return found


def _version_page(
    frame: Frame, session: Session, actor: Actor, version: str, *, error: DakaError | None = None
) -> Response:
    row, compared = service.stored(session, version), service.compare(session, version)
    view = policies.version_view(row)
    may = actor.role in policies.DECIDES
    return frame.show(
        "console/policy.html",
        here="policies",
        counts=counts(session),
        version=view,
        against=compared.against,
        changes=[
            {"label": c.label, "old": shown(c.old), "new": shown(c.new), "unit": c.unit, "basis": c.basis}
            for c in compared.changes
        ],
        names=actors_named(session, [step["by"] for step in view["steps"].values()]),
        tones=TONES,
        may_preview=may and row.status in (PolicyStatus.DRAFT, PolicyStatus.PREVIEWED),
        may_activate=may and row.status == PolicyStatus.PREVIEWED,
        may_withdraw=may
        and row.status != PolicyStatus.WITHDRAWN
        and (row.status != PolicyStatus.ACTIVE or row.effective_from > frame.now.astimezone(SHANGHAI).date()),
        is_own=actor.label == row.drafted_by,
        errors=error or (),
        status=422 if error else 200,
    )
