"""A firm's way with a filing: open, fill in, hand in, take back, begin again after a refusal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clauses import Clause, refuse_if
from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from registry.errors import Conflict, Forbidden, NotFound
from registry.ledger.service import append
from registry.projects.fields import WORK_TYPES, is_storable, is_text, spelled
from registry.projects.models import Stage
from registry.projects.queries import project_by_code
from registry.projects.service import Identity, plain_numbers
from registry.workflows.facts import (
    base_versions,
    content_faults,
    difference,
    facts_of,
    profile_at,
    profile_of,
    stages_of,
)
from registry.workflows.models import Filing, FilingDecision, FilingState
from registry.workflows.officers import Firm
from registry.workflows.profile import Action, Check, FilingFacts, Kind, Profile
from registry.workflows.states import Event, NotNow, move
from registry.workflows.workdays import Calendar, last_workday

FILES_MAX = 60
ROWS_MAX = 200
_TEXT_MAX = 2000


class FilingUnknown(NotFound):
    """No such filing, or not the asker's."""

    code = "filing_unknown"
    message = "未找到该申请"


class KindUnknown(NotFound):
    """The province has no such way."""

    code = "workflow_unknown"
    message = "项目所在省份没有该办理事项"


class PortClosed(Forbidden):
    """The port is not open for this firm and project, or its time is over (JS-02)."""

    code = "port_closed"
    message = "补录端口未开通或已到期"


class AlreadyClaimed(Conflict):
    """An officer is at work on it."""

    code = "already_claimed"
    message = "主管部门已受理，不能撤回"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a firm fills in. Stages by name; unknown names are refused."""

    stages: Mapping[str, Mapping[str, Any]]
    parties: Sequence[Mapping[str, Any]] = ()
    people: Sequence[Mapping[str, Any]] = ()
    attachments: Sequence[Mapping[str, str]] = ()  # [{kind, sha256, name}]
    claims: Mapping[str, str] | None = None  # dates stated before a port is open
    reason: str = ""


def open_filing(
    session: Session,
    *,
    firm: Firm,
    kind: Kind,
    identity: Identity,
    now: datetime,
    reason: str = "",
    follows_id: int | None = None,
) -> Filing:
    """Begin a filing under the rules of today; the way it goes is frozen with it.

    Raises:
        NoProfile: The place belongs to no province served here.
        KindUnknown: The province has no such way.
        RulesBroken: The firm, place, trade or day does not allow it.
    """
    today = now.astimezone(SHANGHAI).date()
    profile = profile_at(session, identity.location_code, today)
    if kind not in profile.workflows:
        raise KindUnknown
    enterprise = session.get_one(Enterprise, firm.enterprise_id)
    refuse_if(_identity_faults(identity))
    filing = _new_filing(session, firm, enterprise, profile, kind, identity, reason, now=now)
    filing.follows_id = _followed(session, follows_id, firm)
    facts = facts_of(session, filing, firm, now=now)
    refuse_if(clause for check in profile.workflows[kind].on_opening for clause in check(facts, profile))
    filing.steps = profile.plan(facts)
    session.add(filing)
    session.flush()
    append(
        session, action="filing_opened", subject=f"filing:{filing.id}", actor=firm.actor, now=now,
        facts={"profile": filing.profile, "kind": kind.value},
    )  # fmt: skip
    return filing


def _identity_faults(identity: Identity) -> Iterable[Clause]:
    lengths_fit = 1 <= len(spelled(identity.code)) <= 64 and 1 <= len(spelled(identity.name)) <= 200
    if not (lengths_fit and is_text(identity.code) and is_text(identity.name)):
        yield Clause("JL-25", "bad_identity", "项目代码或名称填写不正确")
    if not (
        len(identity.location_code) == 6
        and identity.location_code.isascii()
        and identity.location_code.isdigit()
    ):
        yield Clause("", "bad_location", "行政区划代码应为6位数字")
    if not all(is_storable(text) for text in (identity.category, identity.specialty)):
        yield Clause("", "bad_category", "工程类别填写不正确")
    if identity.work_type not in WORK_TYPES:
        yield Clause("", "bad_work_type", "工程类型应为总承包、专业承包或专业分包")


def _new_filing(
    session: Session,
    firm: Firm,
    enterprise: Enterprise,
    profile: Profile,
    kind: Kind,
    identity: Identity,
    reason: str,
    *,
    now: datetime,
) -> Filing:
    project = project_by_code(session, spelled(identity.code))
    return Filing(
        profile=profile.key,
        kind=kind.value,
        state=FilingState.FILLING.value,
        steps=[],
        step=0,
        at_level="firm",
        enterprise_id=enterprise.id,
        firm_kind=enterprise.kind,
        project_id=project.id if project else None,
        code=spelled(identity.code),
        name=spelled(identity.name),
        location_code=identity.location_code,
        category=project.category if project else identity.category,
        work_type=project.work_type if project else identity.work_type,
        specialty=project.specialty if project else identity.specialty,
        content={"stages": {}},
        attachments=[],
        reason=reason.strip()[:_TEXT_MAX],
        opened_at=now,
        due_is_unknown=False,
        claimed_by="",
    )


def _followed(session: Session, follows_id: int | None, firm: Firm) -> int | None:
    if follows_id is None:
        return None
    old = session.get(Filing, follows_id)
    if old is None or old.enterprise_id != firm.enterprise_id:
        raise FilingUnknown
    if old.state not in {FilingState.REJECTED, FilingState.CONFLICT}:
        raise NotNow
    return old.id


def own_filing(session: Session, filing_id: int, firm: Firm) -> Filing:
    """The firm's filing, locked.

    Raises:
        FilingUnknown: There is none, or it is another firm's.
    """
    filing = session.scalars(
        select(Filing)
        .where(Filing.id == filing_id, Filing.enterprise_id == firm.enterprise_id)
        .with_for_update()
    ).first()
    if filing is None:
        raise FilingUnknown
    return filing


def save(session: Session, *, filing_id: int, firm: Firm, draft: Draft, now: datetime) -> Filing:
    """Keep what the firm filled in. Faults are judged when it hands in; only the shape must be right.

    Raises:
        FilingUnknown: Not the firm's.
        NotNow: It is not the firm's turn (GX-08).
        PortClosed: The port is not open (any more).
        RulesBroken: Not a draft at all.
    """
    filing = own_filing(session, filing_id, firm)
    _is_firms_turn(filing, now=now)
    refuse_if(_shape_faults(draft))
    filing.content = plain_numbers(
        {
            "stages": {name: dict(content) for name, content in draft.stages.items()},
            "parties": [dict(party) for party in draft.parties],
            "people": [dict(person) for person in draft.people],
            "claims": dict(draft.claims or {}),
        }
    )
    filing.attachments = [dict(file) for file in draft.attachments]
    if draft.reason.strip():
        filing.reason = draft.reason.strip()[:_TEXT_MAX]
    session.flush()
    return filing


def _is_firms_turn(filing: Filing, *, now: datetime) -> None:
    if filing.state != FilingState.FILLING:
        raise NotNow
    if filing.step > 0 and (
        filing.port_open_until is None or now.astimezone(SHANGHAI).date() > filing.port_open_until
    ):
        raise PortClosed


def _shape_faults(draft: Draft) -> Iterable[Clause]:
    whole = (draft.stages, draft.parties, draft.people, draft.attachments, draft.claims or {}, draft.reason)
    if not all(is_storable(part) for part in map(_as_json, whole)):
        yield Clause("", "bad_value", "填报内容包含无法识别的数值或字符")
    known = {stage.value for stage in Stage}
    for name in draft.stages:
        if name not in known:
            yield Clause("", "unknown_stage", f"不认识的环节 {name[:40]}")
    if len(draft.attachments) > FILES_MAX or len(draft.people) > ROWS_MAX or len(draft.parties) > ROWS_MAX:
        yield Clause("", "too_many_rows", "附件、人员或单位过多")
    for file in draft.attachments:
        if set(file) != {"kind", "sha256", "name"} or not _is_digest(file["sha256"]):
            yield Clause("", "bad_attachment", "附件信息不正确")
    for person in draft.people:
        if (
            (
                not {"name", "role", "employer_uscc"}
                <= set(person)
                <= {"person", "name", "role", "employer_uscc"}
            )
            or not all(
                isinstance(person[key], str) and person[key].strip()
                for key in ("name", "role", "employer_uscc")
            )
            or (person.get("person") is not None and type(person["person"]) is not int)
        ):
            yield Clause("JL-13", "bad_person", "个人业绩人员信息不正确")


def _as_json(value: object) -> object:
    """Mappings and sequences of any kind as the plain ones that are kept."""
    if isinstance(value, Mapping):
        return {key: _as_json(inner) for key, inner in value.items()}
    return [_as_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)


def submit(session: Session, *, filing_id: int, firm: Firm, calendar: Calendar, now: datetime) -> Filing:
    """Hand in. Every rule that is broken is told at once.

    Raises:
        FilingUnknown: Not the firm's.
        NotNow: It is not the firm's turn.
        PortClosed: The port is not open (any more).
        RulesBroken: With every reason.
    """
    filing = own_filing(session, filing_id, firm)
    _is_firms_turn(filing, now=now)
    profile = profile_of(session, filing)
    refuse_if(submission_faults(session, filing, firm, profile, now=now))
    kind, is_last_turn = Kind(filing.kind), is_last_filling(filing)
    diff = None
    if kind is Kind.UPGRADE:
        # Who is next depends on the stages, which are only known now.
        filing.steps = profile.plan(facts_of(session, filing, firm, now=now))
    if kind is Kind.ERRATUM:
        diff = difference(session, filing)
        stages = list(stages_of(filing.content))
        filing.content = {**filing.content, "base": base_versions(session, filing.project_id or 0, stages)}
    decision = FilingDecision(
        filing_id=filing.id, step=filing.step, outcome="filed", actor=firm.account, ip=firm.ip,
        at=now, reason=filing.reason, methods=[], document=None, diff=diff,
    )  # fmt: skip
    session.add(decision)
    go_to(filing, filing.step + 1, Event.SUBMITTED)
    if is_last_turn:
        filing.submitted_at = now
        start_clock(filing, profile, calendar, now=now)
    append(
        session, action="filing_submitted", subject=f"filing:{filing.id}",
        actor=firm.actor, now=now, rows=[decision],
    )  # fmt: skip
    return filing


def submission_faults(
    session: Session, filing: Filing, firm: Firm, profile: Profile, *, now: datetime
) -> list[Clause]:
    """Everything that stands against handing in now."""
    workflow = profile.workflows[Kind(filing.kind)]
    facts: FilingFacts = facts_of(session, filing, firm, now=now)
    is_last_turn = is_last_filling(filing)
    checks: tuple[Check, ...] = workflow.on_submission if is_last_turn else workflow.on_request
    faults = [clause for check in checks for clause in check(facts, profile)]
    if is_last_turn:
        faults += content_faults(session, filing)
    if Kind(filing.kind) is Kind.ERRATUM and not faults and not difference(session, filing):
        faults.append(Clause("JL-22", "nothing_changed", "勘误内容与现有信息一致"))
    return faults


def is_last_filling(filing: Filing) -> bool:
    """Whether the firm hands in its data now, rather than asking for the port."""
    later = filing.steps[filing.step + 1 :]
    return not any(step["action"] == Action.FILE for step in later)


def go_to(filing: Filing, step: int, event: Event) -> None:
    """Move on to a step."""
    move(filing, event)
    filing.step = step
    filing.at_level = filing.steps[step]["who"]
    filing.claimed_by = ""
    filing.due_on, filing.due_is_unknown = None, False


def start_clock(filing: Filing, profile: Profile, calendar: Calendar, *, now: datetime) -> None:
    """The reviewer's working days begin on the day after (GX-09)."""
    if profile.review_workdays is None or not profile.workflows[Kind(filing.kind)].has_time_limit:
        return
    today = now.astimezone(SHANGHAI).date()
    filing.due_on = last_workday(today, profile.review_workdays, calendar)
    filing.due_is_unknown = filing.due_on is None


def take_back(session: Session, *, filing_id: int, firm: Firm, now: datetime) -> Filing:
    """The firm takes its filing back, until an officer has claimed it.

    Raises:
        FilingUnknown: Not the firm's.
        AlreadyClaimed: An officer is at work.
        NotNow: It is over already.
    """
    filing = own_filing(session, filing_id, firm)
    if filing.claimed_by:
        raise AlreadyClaimed
    move(filing, Event.TAKEN_BACK)
    filing.closed_at = filing.locked_at = now
    append(session, action="filing_taken_back", subject=f"filing:{filing.id}", actor=firm.actor, now=now)
    return filing
