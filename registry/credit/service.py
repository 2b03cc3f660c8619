"""Entries of the credit file, findings of falsity, sampling, commitments. Nothing is ever taken out."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from registry.clauses import Clause, refuse_if
from registry.credit.models import Commitment, CreditEntry, CreditKind, LeadClaim, SamplingRecord
from registry.errors import Forbidden, Invalid
from registry.ledger.service import Actor, append
from registry.projects.models import Grade, Project, ProjectMark
from registry.projects.queries import grades_as_of, is_displayed
from registry.projects.service import Grant, ProjectUnknown, Written, grant, lock_project
from registry.publication.service import republish
from registry.workflows.officers import Officer

PUBLIC = frozenset({CreditKind.FALSITY, CreditKind.ABNORMAL_SET, CreditKind.WITHDRAWN})
SAMPLING_METHODS = ("实地核查", "遥感卫星监测", "档案核对", "其他")
CONSISTENT, INCONSISTENT, FALSE = "一致", "不一致", "虚假"
SIGNERS = ("法定代表人", "实际控制人", "技术负责人", "项目负责人", "注册人员")  # MO-10


class NotThere(Forbidden):
    """The project lies outside the officer's reach."""

    code = "not_competent"
    message = "该项目不在您的管辖范围内"


class FindingIncomplete(Invalid):
    """A finding needs its reason and its basis."""

    code = "finding_incomplete"
    message = "请填写认定理由和依据"


def enter(
    session: Session,
    *,
    uscc: str,
    kind: CreditKind,
    sentence: str,
    actor: Actor,
    now: datetime,
    basis: str = "",
    project_id: int | None = None,
    item_id: int | None = None,
) -> CreditEntry:
    """Add to a firm's credit file, in the transaction of what it is about."""
    entry = CreditEntry(
        uscc=uscc,
        kind=kind.value,
        at=now,
        sentence=sentence,
        basis=basis,
        is_public=kind in PUBLIC,
        project_id=project_id,
        item_id=item_id,
        actor=actor.account,
    )
    session.add(entry)
    append(session, action=f"credit_{kind}", subject=f"firm:{uscc}", actor=actor, now=now, rows=[entry])
    return entry


def find_false(
    session: Session, *, project_id: int, uscc: str, officer: Officer, reason: str, basis: str, now: datetime
) -> ProjectMark:
    """查实虚假信息 (JL-26, GX-15): the project is marked and falls to D; the firm's file and the public list
    say so. The project is not deleted: what was claimed stays provable.

    Raises:
        ProjectUnknown: No such project.
        NotThere: Outside the officer's reach.
        FindingIncomplete: Reason or basis is blank.
    """
    if not reason.strip() or not basis.strip():
        raise FindingIncomplete
    project = _within_reach(session, project_id, officer)
    lock_project(session, project.code)
    written = Written()
    mark = ProjectMark(project_id=project.id, kind="falsity", at=now, actor=officer.account, reason=reason)
    written.add(session, mark)
    held = grades_as_of(session, [project.id], now).get(project.id, {})
    was_shown = is_displayed(held)
    grant(
        session, project, held, Grant(Grade.D, "falsity", None, officer.authority),
        derives_basic=False, actor=officer.actor, now=now, written=written, reason=reason,
    )  # fmt: skip
    if was_shown:
        republish(session, project, cause=f"falsity:{mark.id}", now=now)
    enter(
        session, uscc=uscc, kind=CreditKind.FALSITY, sentence=f"将虚假项目信息录入平台：{project.code}",
        actor=officer.actor, now=now, basis=basis, project_id=project.id,
    )  # fmt: skip
    append(
        session, action="falsity_found", subject=f"project:{project.id}",
        actor=officer.actor, now=now, reason=reason, rows=written.rows,
    )  # fmt: skip
    return mark


def _within_reach(session: Session, project_id: int, officer: Officer) -> Project:
    project = session.get(Project, project_id)
    if project is None:
        raise ProjectUnknown
    if not project.location_code.startswith(officer.reach):
        raise NotThere
    return project


def sample(
    session: Session,
    *,
    project_id: int,
    officer: Officer,
    method: str,
    result: str,
    note: str,
    now: datetime,
    evidence: Sequence[Mapping[str, str]] = (),
    uscc: str = "",
    basis: str = "",
) -> SamplingRecord:
    """抽查复核 (MO-09). 虚假 goes on to `find_false`; 不一致 is kept and shown, for somebody to correct.

    Raises:
        ProjectUnknown, NotThere: As `find_false`.
        RulesBroken: Unknown method or result, or no note.
    """
    faults = []
    if method not in SAMPLING_METHODS or result not in {CONSISTENT, INCONSISTENT, FALSE}:
        faults.append(Clause("MO-09", "unknown_method_or_result", "抽查方式或结果不在规定范围内"))
    if not note.strip():
        faults.append(Clause("MO-09", "note_missing", "请填写抽查情况"))
    refuse_if(faults)
    project = _within_reach(session, project_id, officer)
    kept = SamplingRecord(
        project_id=project.id,
        method=method,
        result=result,
        at=now,
        actor=officer.account,
        note=note,
        evidence=[dict(file) for file in evidence],
    )
    session.add(kept)
    append(
        session, action="project_sampled", subject=f"project:{project.id}",
        actor=officer.actor, now=now, rows=[kept], facts={"result": result},
    )  # fmt: skip
    if result == FALSE:
        find_false(
            session, project_id=project.id, uscc=uscc, officer=officer, reason=note, basis=basis, now=now
        )
    return kept


def commit(
    session: Session,
    *,
    uscc: str,
    application: str,
    text_version: str,
    text: str,
    signers: Sequence[Mapping[str, str]],
    authorises_checks: bool,
    actor: Actor,
    now: datetime,
) -> Commitment:
    """真实性承诺 for one application, by everybody it binds, with the authorisation to check (MO-10).

    Raises:
        RulesBroken: A signer is missing, or the checks are not authorised.
    """
    signed = {signer.get("role") for signer in signers if signer.get("name", "").strip()}
    faults = [
        Clause("MO-10", "signer_missing", f"缺少{role}的承诺") for role in SIGNERS if role not in signed
    ]
    if not authorises_checks:
        faults.append(Clause("MO-10", "checks_not_authorised", "须授权主管部门核查社保、纳税等信息"))
    refuse_if(faults)
    made = Commitment(
        uscc=uscc,
        application=application,
        text_version=text_version,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        signers=[dict(signer) for signer in signers],
        authorises_checks=True,
        signed_at=now,
        actor=actor.account,
        ip=actor.ip,
    )
    session.add(made)
    append(session, action="commitment_signed", subject=f"firm:{uscc}", actor=actor, now=now, rows=[made])
    return made


def claim_performance(
    session: Session, *, item_id: int, person_id: int, project_code: str, actor: Actor, now: datetime
) -> LeadClaim:
    """The project a technical lead was named with when the item was obtained by commitment."""
    claim = LeadClaim(
        item_id=item_id,
        person_id=person_id,
        project_code=project_code.strip(),
        claimed_at=now,
        actor=actor.account,
    )
    session.add(claim)
    append(
        session, action="performance_claimed", subject=f"item:{item_id}", actor=actor, now=now, rows=[claim]
    )
    return claim
