"""What an authority does outside a filing: posts, contacts, settings, taking a confirmation back."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.clauses import Clause, refuse_if
from registry.clock import SHANGHAI
from registry.ledger.service import Actor, append
from registry.projects.grades import rank
from registry.projects.models import Grade, IndicatorConfirmation, Level, Project, Stage
from registry.projects.service import ProjectUnknown, withdraw_confirmation
from registry.publication.service import republish
from registry.workflows.facts import profile_at
from registry.workflows.models import AuthorityContact, OfficerPost, RuleSetting
from registry.workflows.officers import NotCompetent, Officer
from registry.workflows.provinces import PROFILES, BadSetting, read_setting


def appoint(
    session: Session,
    *,
    account: str,
    level: Level,
    region: str,
    authority: str,
    businesses: Iterable[str],
    requested_by: str,
    actor: Actor,
    now: datetime,
) -> OfficerPost:
    """Give an account a post, on a written request (GX-12); an earlier one ends.

    Raises:
        RulesBroken: No request, or not a region.
    """
    faults = []
    if not requested_by.strip():
        faults.append(Clause("GX-12", "request_missing", "须有书面申请方可开通审核账号"))
    if len(region) != 6 or not region.isdecimal():
        faults.append(Clause("", "bad_location", "行政区划代码应为6位数字"))
    refuse_if(faults)
    session.execute(delete(OfficerPost).where(OfficerPost.account == account))
    post = OfficerPost(
        account=account,
        level=level.value,
        region=region,
        authority=authority,
        businesses=sorted(businesses),
        requested_by=requested_by,
        appointed_at=now,
    )
    session.add(post)
    append(session, action="officer_appointed", subject=f"officer:{account}", actor=actor, now=now,
           facts={"level": level.value, "region": region, "requested_by": requested_by})  # fmt: skip
    return post


def name_contact(
    session: Session, *, officer: Officer, name: str, phone: str, now: datetime
) -> AuthorityContact:
    """Name the one person of the officer's authority for questions (GX-15); a new one replaces the old."""
    refuse_if(
        [Clause("GX-15", "contact_incomplete", "请填写联系人姓名和电话")]
        if not (name.strip() and phone.strip())
        else []
    )
    values = {"authority": officer.authority, "name": name.strip(), "phone": phone.strip(), "named_at": now}
    made = session.scalars(
        insert(AuthorityContact)
        .values(region=officer.region, level=officer.level.value, **values)
        .on_conflict_do_update(index_elements=["region", "level"], set_=values)
        .returning(AuthorityContact)
        .execution_options(populate_existing=True)
    ).one()
    append(session, action="contact_named", subject=f"region:{officer.region}", actor=officer.actor, now=now)
    return made


def set_rule(
    session: Session,
    *,
    profile: str,
    name: str,
    value: Any,
    basis: str,
    effective_on: date,
    actor: Actor,
    now: datetime,
) -> RuleSetting:
    """Change a province's rule from a day on, on a stated basis (JL-05: switchable; JL-29: the newest holds).

    Raises:
        BadSetting: No such profile or setting, or not a value it can take, or no basis.
    """
    read_setting(name, value)
    if profile not in {known.name for known in PROFILES} or not basis.strip():
        raise BadSetting
    made = RuleSetting(
        profile=profile,
        name=name,
        value={"value": value},
        basis=basis,
        effective_on=effective_on,
        actor=actor.account,
        set_at=now,
    )
    session.add(made)
    append(
        session,
        action="rule_set",
        subject=f"profile:{profile}",
        actor=actor,
        now=now,
        reason=basis,
        rows=[made],
    )
    return made


def take_confirmation_back(
    session: Session,
    *,
    project_id: int,
    stages: Iterable[Stage],
    officer: Officer,
    reason: str,
    now: datetime,
) -> dict[Stage, Grade]:
    """Withdraw the officer's authority's confirmation of some stages; what each fell to.

    Raises:
        ProjectUnknown: No such project.
        NotCompetent: Elsewhere, or a level that confirms nothing.
        TooLowToWithdraw: A higher level has confirmed since.
        RulesBroken: No reason.
    """
    refuse_if([Clause("JL-28", "reason_missing", "请说明撤回确认的原因")] if not reason.strip() else [])
    project = session.get(Project, project_id)
    if project is None:
        raise ProjectUnknown
    if not project.location_code.startswith(officer.reach) or not 1 <= rank(officer.level) <= rank(
        Level.PROVINCE
    ):
        raise NotCompetent
    derives_basic = profile_at(session, project.location_code, now.astimezone(SHANGHAI).date()).derives_basic
    fallen = withdraw_confirmation(
        session, project_id=project_id, stages=stages, level=officer.level, authority=officer.authority,
        reason=reason, derives_basic=derives_basic, actor=officer.actor, now=now,
    )  # fmt: skip
    republish(session, project, cause="confirmation_withdrawn", now=now)
    return fallen


def confirm_indicators(
    session: Session,
    *,
    project_id: int,
    uscc: str,
    confirmed_on: date,
    document: dict[str, str],
    officer: Officer,
    now: datetime,
) -> IndicatorConfirmation:
    """核查意见 of the province where the project lies (MO-02).

    Raises:
        ProjectUnknown: No such project.
        NotCompetent: Not the province of the project.
        RulesBroken: No document, or after 2023-12-31 (MO-03).
    """
    project = session.get(Project, project_id)
    if project is None:
        raise ProjectUnknown
    if officer.level is not Level.PROVINCE or not project.location_code.startswith(officer.reach):
        raise NotCompetent
    faults = []
    if confirmed_on > date(2023, 12, 31):
        faults.append(
            Clause("MO-03", "path_closed", "自2024年1月1日起，业绩应当录入全国平台，不再出具核查意见")
        )
    if not document.get("number", "").strip():
        faults.append(Clause("MO-02", "document_missing", "请填写核查意见文号"))
    refuse_if(faults)
    made = IndicatorConfirmation(
        project_id=project_id,
        uscc=uscc,
        confirmed_on=confirmed_on,
        authority=officer.authority,
        document=document,
        recorded_at=now,
        actor=officer.account,
    )
    session.add(made)
    append(
        session, action="indicators_confirmed", subject=f"project:{project_id}",
        actor=officer.actor, now=now, rows=[made],
    )  # fmt: skip
    return made
