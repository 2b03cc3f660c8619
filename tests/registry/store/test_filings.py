"""Filings against real rows: fill in, hand in, decide, conflict, who may do what."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clauses import RulesBroken
from registry.credit.queries import bad_records, credit_file
from registry.credit.service import FindingIncomplete, NotThere, find_false, sample
from registry.enterprises.models import Enterprise
from registry.ledger.models import LedgerEntry
from registry.projects.models import Grade, Level, Stage, StageRecord
from registry.projects.queries import grade_history, grades_as_of, list_projects, project_by_code
from registry.projects.service import Identity
from registry.publication.models import Publication, Target
from registry.publication.service import status_of
from registry.workflows import review
from registry.workflows.administration import (
    appoint,
    confirm_indicators,
    name_contact,
    set_rule,
    take_confirmation_back,
)
from registry.workflows.jiangsu import DRAWINGS, SCREENSHOT
from registry.workflows.models import AuthorityContact, Filing, FilingState
from registry.workflows.officers import NoPost, NotCompetent, Officer, officer_of
from registry.workflows.profile import Kind
from registry.workflows.provinces import BadSetting
from registry.workflows.queries import contact_of, decisions_of, queue
from registry.workflows.review import ClaimedByAnother, Verdict, decide
from registry.workflows.service import (
    AlreadyClaimed,
    Draft,
    FilingUnknown,
    KindUnknown,
    PortClosed,
    open_filing,
    save,
    submit,
    take_back,
)
from registry.workflows.states import CLOSED, TRANSITIONS, Event, NotNow, move
from tests.registry.store.world import (
    DOCUMENT,
    Calendar,
    Unknown,
    acting,
    add_firm,
    add_person,
    at,
    draft,
    files,
    identity,
    officer,
    stages,
)

NOW = at("2024-12-02T09:00")
COUNTY, CITY, PROVINCE = officer(Level.COUNTY), officer(Level.CITY), officer(Level.PROVINCE)
YES = Verdict(True, "资料齐全一致", ("实地核查",))
NO = Verdict(False, "合同与中标通知书不一致")


class Desk:
    """A firm's and the authorities' moves in one test."""

    def __init__(self, session: Session, firm: Enterprise) -> None:
        self.session, self.firm = session, firm

    def filed(
        self, project: Identity | None = None, kind: Kind = Kind.SUPPLEMENT, *names: str, now=NOW, **more
    ) -> Filing:  # type: ignore[no-untyped-def]
        project = project or identity()
        filing = open_filing(
            self.session, firm=acting(self.firm), kind=kind, identity=project, now=now,
            reason=more.pop("reason", ""),
        )  # fmt: skip
        given = more.pop("given", None) or draft(project, self.firm.uscc, *names, role=self.firm.kind, **more)
        save(self.session, filing_id=filing.id, firm=acting(self.firm), draft=given, now=now)
        return submit(self.session, filing_id=filing.id, firm=acting(self.firm), calendar=Calendar(), now=now)

    def decided(self, filing: Filing, by: Officer, verdict: Verdict = YES, now=NOW) -> Filing:  # type: ignore[no-untyped-def]
        return decide(
            self.session, filing_id=filing.id, officer=by, verdict=verdict, calendar=Calendar(), now=now
        )

    def grades(self, now=NOW, n: int = 1, province: str = "22") -> dict[Stage, Grade]:  # type: ignore[no-untyped-def]
        project = project_by_code(self.session, identity(n, province).code)
        return grades_as_of(self.session, [project.id], now).get(project.id, {}) if project else {}


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session, add_firm(session))


def codes(broken: pytest.ExceptionInfo[RulesBroken]) -> set[str]:
    return {reason.code for reason in broken.value.reasons}


def test_every_event_in_every_state_is_in_the_table_or_refused() -> None:
    for state in FilingState:
        for event in Event:
            filing = Filing(state=state.value)
            if (state, event) in TRANSITIONS:
                move(filing, event)
                assert filing.state == TRANSITIONS[state, event]
            else:
                with pytest.raises(NotNow):
                    move(filing, event)
    assert {state for state, _ in TRANSITIONS} & CLOSED == set(), "what is closed stays closed"


@pytest.mark.rule("GX-05")
def test_every_fault_is_told_at_once(desk: Desk) -> None:
    bad = stages(
        identity(), basic__area_m2=float("-1"), permit__number="", completion__completed_on="2020-02-30"
    )
    bad["contract"]["extra"] = "x"
    with pytest.raises(RulesBroken) as broken:
        desk.filed(given=Draft(stages=bad))
    assert codes(broken) == {"bad_value", "required_field_missing", "unknown_field"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "12", [1], {"a": 1}, "a\x00b"])
def test_a_number_that_is_none_is_refused(desk: Desk, value: object) -> None:
    with pytest.raises(RulesBroken) as broken:
        desk.filed(given=Draft(stages=stages(identity(), basic__investment_wan=value)))
    assert codes(broken) == {"bad_value"}


@pytest.mark.rule("JL-25")
@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("示例住宅工程1", False),
        (" 示例住宅工程1 ", False),
        ("示例住宅工程１", True),
        ("示例住宅工程 1", True),
    ],
)
def test_the_name_is_the_approvals_letter_for_letter(desk: Desk, name: str, refused: bool) -> None:
    given = Draft(stages=stages(identity(), basic__approval_name=name))
    if refused:
        with pytest.raises(RulesBroken) as broken:
            desk.filed(given=given)
        assert codes(broken) == {"differs_from_approval"}
    else:
        assert desk.filed(given=given).state == "reviewing"


@pytest.mark.rule("JL-25")
def test_one_code_is_one_name_and_a_name_is_taken_once_in_a_place(desk: Desk) -> None:
    desk.decided(desk.filed(), COUNTY)
    other = desk.filed(identity(2, name=identity(1).name), now=NOW)
    assert desk.decided(other, COUNTY).state == "conflict"


@pytest.mark.rule("JL-11")
def test_of_two_filings_of_one_project_the_first_confirmed_wins_and_the_other_is_kept(
    session: Session, desk: Desk
) -> None:
    rival = Desk(session, add_firm(session, 2))
    first, second = desk.filed(), rival.filed()
    assert rival.decided(second, COUNTY).state == "confirmed"
    lost = desk.decided(first, COUNTY)
    assert (lost.state, lost.locked_at) == ("conflict", NOW)
    assert decisions_of(session, lost.id)[-1].outcome == "conflict"
    (basic,) = session.scalars(select(StageRecord).where(StageRecord.stage == "basic"))
    assert (basic.filed_by, basic.filing_id) == (rival.firm.uscc, second.id)


@pytest.mark.rule("JL-11")
@pytest.mark.rule("JL-03")
def test_several_parties_add_the_stages_that_are_missing_and_each_records_its_filer(
    session: Session, desk: Desk
) -> None:
    desk.decided(desk.filed(None, Kind.SUPPLEMENT, "basic", "permit"), COUNTY)
    designer = Desk(session, add_firm(session, 2, "设计"))
    builder = desk.filed(None, Kind.STAGE_SUPPLEMENT, "drawing_review")
    theirs = designer.filed(None, Kind.STAGE_SUPPLEMENT, "drawing_review")
    designer.decided(theirs, COUNTY)
    assert desk.decided(builder, COUNTY).state == "conflict", "the same stage, second"
    (kept,) = session.scalars(select(StageRecord).where(StageRecord.stage == "drawing_review"))
    assert kept.filed_by == designer.firm.uscc


@pytest.mark.rule("JL-20")
@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict(True, "说明", ()), "method_missing"),
        (Verdict(True, "说明", ("听说",)), "method_missing"),
        (Verdict(True, "", ("实地核查",)), "note_missing"),
    ],
)
def test_a_confirmation_says_how_it_was_checked(desk: Desk, verdict: Verdict, code: str) -> None:
    with pytest.raises(RulesBroken) as broken:
        desk.decided(desk.filed(), COUNTY, verdict)
    assert codes(broken) == {code}


@pytest.mark.rule("JL-14")
@pytest.mark.rule("GX-07")
@pytest.mark.parametrize(
    "by",
    [
        Officer("staff:9", Level.COUNTY, "220103", "邻区"),
        Officer("staff:9", Level.COUNTY, "320102", "外省"),
        CITY,
        PROVINCE,
        officer(Level.MINISTRY),
        officer(Level.SUPPORT),
    ],
)
def test_only_the_place_of_the_works_decides_and_only_in_its_turn(desk: Desk, by: Officer) -> None:
    filing = desk.filed()
    with pytest.raises(NotCompetent):
        desk.decided(filing, by)
    assert filing.state == "reviewing" and queue(desk.session, by) == []


@pytest.mark.rule("JL-24")
@pytest.mark.parametrize(
    ("firm_kind", "business"), [("设计", "设计"), ("勘察", "设计"), ("施工", "建管"), ("监理", "质监")]
)
def test_each_kind_of_firm_has_its_department(session: Session, firm_kind: str, business: str) -> None:
    desk = Desk(session, add_firm(session, 5, firm_kind))
    filing = desk.filed()
    for wrong in {"设计", "建管", "质监"} - {business}:
        stranger = officer(Level.COUNTY, "22", wrong)
        assert queue(session, stranger) == []
        with pytest.raises(NotCompetent):
            desk.decided(filing, stranger)
    assert [f.id for f in queue(session, officer(Level.COUNTY, "22", business))] == [filing.id]


@pytest.mark.rule("JL-28")
@pytest.mark.rule("MO-07")
def test_every_decision_keeps_person_time_address_and_reason(session: Session, desk: Desk) -> None:
    filing = desk.decided(desk.filed(), COUNTY)
    filed, approved = decisions_of(session, filing.id)
    assert (filed.outcome, filed.actor, filed.ip) == ("filed", f"enterprise:{desk.firm.id}", "192.0.2.1")
    assert (approved.actor, approved.ip, approved.at, approved.reason, approved.authority) == (
        "staff:county:1", "192.0.2.9", NOW, "资料齐全一致", "示例county主管部门"
    )  # fmt: skip
    entries = session.scalars(select(LedgerEntry).where(LedgerEntry.subject == f"filing:{filing.id}")).all()
    assert [e.action for e in entries] == ["filing_opened", "filing_submitted", "filing_confirmed"]


@pytest.mark.rule("GX-08")
def test_a_processed_filing_is_closed_to_its_firm_and_a_new_one_follows(desk: Desk) -> None:
    refused = desk.decided(desk.filed(), COUNTY, NO)
    assert (refused.state, desk.grades()) == ("rejected", {})
    with pytest.raises(NotNow):
        save(desk.session, filing_id=refused.id, firm=acting(desk.firm), draft=Draft(stages={}), now=NOW)
    again = open_filing(
        desk.session, firm=acting(desk.firm), kind=Kind.SUPPLEMENT, identity=identity(), now=NOW,
        follows_id=refused.id,
    )  # fmt: skip
    assert again.follows_id == refused.id and refused.content["stages"]


def test_a_refusal_without_a_reason_is_no_decision(desk: Desk) -> None:
    with pytest.raises(RulesBroken):
        desk.decided(desk.filed(), COUNTY, Verdict(False, "  "))


def test_another_firms_filing_is_not_there(session: Session, desk: Desk) -> None:
    filing = desk.filed()
    stranger = acting(add_firm(session, 2))
    for call in (
        lambda: save(session, filing_id=filing.id, firm=stranger, draft=Draft(stages={}), now=NOW),
        lambda: submit(session, filing_id=filing.id, firm=stranger, calendar=Calendar(), now=NOW),
        lambda: take_back(session, filing_id=filing.id, firm=stranger, now=NOW),
    ):
        with pytest.raises(FilingUnknown):
            call()


def test_a_filing_is_taken_back_until_an_officer_claims_it(session: Session, desk: Desk) -> None:
    filing = desk.filed()
    review.claim(session, filing_id=filing.id, officer=COUNTY, now=NOW)
    with pytest.raises(AlreadyClaimed):
        take_back(session, filing_id=filing.id, firm=acting(desk.firm), now=NOW)
    with pytest.raises(ClaimedByAnother):
        desk.decided(filing, officer(Level.COUNTY, n=2))
    other = desk.filed(identity(2))
    assert take_back(session, filing_id=other.id, firm=acting(desk.firm), now=NOW).state == "withdrawn"
    with pytest.raises(NotNow):
        desk.decided(other, COUNTY)


def test_a_way_the_province_does_not_have_is_not_there(desk: Desk) -> None:
    with pytest.raises(KindUnknown):
        open_filing(
            desk.session, firm=acting(desk.firm), kind=Kind.OUTSIDE_TRADE, identity=identity(), now=NOW
        )


def test_the_port_closes_after_thirty_days(desk: Desk) -> None:
    project = identity(1, "32")
    claims = {"drawing_passed_on": "2020-06-01", "completed_on": "2022-09-30"}
    asked = desk.filed(project, given=Draft(stages={}, claims=claims, attachments=files("佐证材料")))
    desk.decided(asked, officer(Level.CITY, "32"))
    desk.decided(asked, officer(Level.PROVINCE, "32"), Verdict(True, "同意", (), DOCUMENT))
    assert asked.state == "filling"
    full = draft(project, desk.firm.uscc, attachments=files("佐证材料"))
    last, over = NOW + timedelta(days=30), NOW + timedelta(days=31)
    save(desk.session, filing_id=asked.id, firm=acting(desk.firm), draft=full, now=last)
    with pytest.raises(PortClosed):
        submit(desk.session, filing_id=asked.id, firm=acting(desk.firm), calendar=Calendar(), now=over)
    assert submit(
        desk.session, filing_id=asked.id, firm=acting(desk.firm), calendar=Calendar(), now=last
    ).state == "reviewing"  # fmt: skip


@pytest.mark.rule("JS-09")
def test_in_jiangsu_the_basic_grade_follows_the_drawing_review_when_that_rises(
    session: Session, desk: Desk
) -> None:
    project = identity(1, "32")
    gathered = desk.filed(project, Kind.CONTRACT, "basic", "contract")
    city, province = officer(Level.CITY, "32"), officer(Level.PROVINCE, "32")
    desk.decided(gathered, city)
    assert desk.grades(province="32") == {Stage.BASIC: Grade.B, Stage.CONTRACT: Grade.B}
    desk.decided(desk.filed(project, Kind.COMPLETION, "drawing_review"), city)
    for row in session.scalars(select(Publication)):
        row.delivered_at = NOW
    session.flush()
    raised = desk.filed(
        project, Kind.UPGRADE,
        given=Draft(stages={"drawing_review": {}}, attachments=files(SCREENSHOT, DRAWINGS)),
    )  # fmt: skip
    desk.decided(raised, city, Verdict(True, "同意", (), DOCUMENT))
    desk.decided(raised, province)
    assert desk.grades(province="32") == {
        Stage.BASIC: Grade.A, Stage.DRAWING: Grade.A, Stage.CONTRACT: Grade.B
    }  # fmt: skip
    found = project_by_code(session, project.code)
    assert found is not None
    assert [e.cause for e in grade_history(session, found.id) if e.stage == "basic"] == [
        "confirmed", "derived", "derived"
    ]  # fmt: skip


@pytest.mark.rule("JS-01")
@pytest.mark.rule("JS-12")
def test_a_gathered_contract_waits_for_the_permit_before_it_goes_to_the_nation(
    session: Session, desk: Desk
) -> None:
    project = identity(1, "32")
    desk.decided(desk.filed(project, Kind.CONTRACT, "basic", "contract"), officer(Level.CITY, "32"))
    found = project_by_code(session, project.code)
    assert found is not None
    assert status_of(session, found.id) == {
        Target.NATIONAL: "none", Target.PROVINCIAL: "waiting", Target.GOVERNMENT: "none"
    }  # fmt: skip
    with_permit = identity(2, "32")
    desk.decided(
        desk.filed(with_permit, Kind.CONTRACT, "basic", "contract", "permit"), officer(Level.CITY, "32")
    )
    second = project_by_code(session, with_permit.code)
    assert second is not None and status_of(session, second.id)[Target.NATIONAL] == "waiting"


@pytest.mark.rule("JL-16")
def test_a_rejected_upgrade_leaves_the_grade(session: Session, desk: Desk) -> None:
    desk.decided(desk.filed(), COUNTY)
    asked = desk.filed(None, Kind.UPGRADE, given=Draft(stages={"basic": {}, "permit": {}}))
    assert asked.at_level == "city"
    desk.decided(asked, CITY, NO)
    assert set(desk.grades().values()) == {Grade.C}


@pytest.mark.rule("JL-18")
def test_what_nobody_confirmed_shows_to_its_owner_alone(session: Session, desk: Desk) -> None:
    desk.decided(desk.filed(), COUNTY)
    project = project_by_code(session, identity().code)
    assert project is not None
    fallen = take_confirmation_back(
        session, project_id=project.id, stages=list(Stage), officer=COUNTY, reason="原件不符", now=NOW
    )
    assert set(fallen.values()) == {Grade.D}
    assert list_projects(session, moment=NOW, viewer=None) == []
    (own,) = list_projects(session, moment=NOW, viewer=desk.firm.uscc)
    assert set(own.grades.values()) == {Grade.D}
    resubmitted = desk.filed()
    assert desk.decided(resubmitted, COUNTY).state == "confirmed", "it may be corrected and filed again"
    assert set(desk.grades().values()) == {Grade.C}


def test_a_confirmation_is_not_taken_back_over_a_higher_ones_head(session: Session, desk: Desk) -> None:
    desk.decided(desk.filed(), COUNTY)
    desk.decided(desk.filed(None, Kind.UPGRADE, given=Draft(stages={"basic": {}})), CITY, now=NOW)
    project = project_by_code(session, identity().code)
    assert project is not None
    with pytest.raises(Exception, match="level_too_low"):
        take_confirmation_back(
            session, project_id=project.id, stages=[Stage.BASIC], officer=COUNTY, reason="x", now=NOW
        )
    later = NOW + timedelta(days=1)
    take_confirmation_back(
        session, project_id=project.id, stages=[Stage.BASIC], officer=CITY, reason="复核不符", now=later
    )
    assert desk.grades()[Stage.BASIC] is Grade.B, "as of the day before"
    assert desk.grades(now=later)[Stage.BASIC] is Grade.C


@pytest.mark.rule("JL-26")
@pytest.mark.rule("GX-15")
def test_falsity_goes_on_file_and_before_the_public_and_the_project_stays(
    session: Session, desk: Desk
) -> None:
    desk.decided(desk.filed(), COUNTY)
    project = project_by_code(session, identity().code)
    assert project is not None
    with pytest.raises(NotThere):
        find_false(session, project_id=project.id, uscc=desk.firm.uscc, officer=officer(Level.CITY, "32"),
                   reason="x", basis="y", now=NOW)  # fmt: skip
    with pytest.raises(FindingIncomplete):
        find_false(
            session, project_id=project.id, uscc=desk.firm.uscc, officer=CITY, reason=" ", basis="y", now=NOW
        )
    find_false(session, project_id=project.id, uscc=desk.firm.uscc, officer=CITY,
               reason="伪造竣工验收文件", basis="示住建罚〔2024〕1号", now=NOW)  # fmt: skip
    assert set(desk.grades().values()) == {Grade.D}
    (entry,) = credit_file(session, desk.firm.uscc)
    assert entry.is_public and bad_records(session) == [entry]
    (listed,) = list_projects(session, moment=NOW, viewer="*")
    assert listed.is_false
    told = session.scalars(select(Publication).where(Publication.cause.startswith("falsity"))).all()
    assert {p.target for p in told} == {"national", "provincial"}, "whoever shows it is told"


@pytest.mark.rule("MO-09")
@pytest.mark.parametrize(("result", "marked"), [("一致", False), ("不一致", False), ("虚假", True)])
def test_a_sampling_is_kept_and_falsity_has_its_consequences(
    session: Session, desk: Desk, result: str, marked: bool
) -> None:
    desk.decided(desk.filed(), COUNTY)
    project = project_by_code(session, identity().code)
    assert project is not None
    sample(session, project_id=project.id, officer=CITY, method="遥感卫星监测", result=result,
           note="影像比对", now=NOW, uscc=desk.firm.uscc, basis="抽查记录1号")  # fmt: skip
    assert bool(bad_records(session)) is marked
    with pytest.raises(RulesBroken):
        sample(session, project_id=project.id, officer=CITY, method="占卜", result=result, note="x", now=NOW)


@pytest.mark.rule("GX-12")
def test_a_department_is_admitted_on_written_request_only(session: Session) -> None:
    with pytest.raises(NoPost):
        officer_of(session, "staff:7")
    given = {"account": "staff:7", "level": Level.CITY, "region": "450100", "authority": "示例市局",
             "businesses": ["设计"], "actor": COUNTY.actor, "now": NOW}  # fmt: skip
    with pytest.raises(RulesBroken):
        appoint(session, **given, requested_by=" ")  # type: ignore[arg-type]
    appoint(session, **given, requested_by="示建函〔2017〕9号")  # type: ignore[arg-type]
    post = officer_of(session, "staff:7", ip="192.0.2.7")
    assert (post.level, post.reach, post.ip) == (Level.CITY, "4501", "192.0.2.7")


@pytest.mark.rule("GX-15")
def test_each_authority_names_exactly_one_contact(session: Session) -> None:
    city = officer(Level.CITY, "45")
    name_contact(session, officer=city, name="示例甲", phone="10000000001", now=NOW)
    name_contact(session, officer=city, name="示例乙", phone="10000000002", now=NOW)
    assert [c.name for c in session.scalars(select(AuthorityContact))] == ["示例乙"]
    found = contact_of(session, "450100", Level.CITY)
    assert found is not None and found.phone == "10000000002"
    with pytest.raises(RulesBroken):
        name_contact(session, officer=city, name="", phone="1", now=NOW)


@pytest.mark.rule("JL-05")
@pytest.mark.rule("JL-29")
def test_an_operator_switches_a_rule_from_a_day_on_with_its_basis(session: Session, desk: Desk) -> None:
    road = identity(3, category="公路")
    with pytest.raises(RulesBroken):
        desk.filed(road)
    given = {"profile": "jilin", "basis": "示例新文", "actor": COUNTY.actor, "now": NOW}
    for name, value in (("refused_categories", []), ("categories", ["公路", "房建"])):
        set_rule(session, name=name, value=value, effective_on=at("2024-12-05").date(), **given)  # type: ignore[arg-type]
    with pytest.raises(RulesBroken):
        desk.filed(road, now=at("2024-12-04T23:59"))
    assert desk.filed(road, now=at("2024-12-05T00:00")).state == "reviewing"


@pytest.mark.parametrize(
    ("name", "value"),
    [("review_workdays", 0), ("is_deemed_approved", "yes"), ("port_days", True), ("title", "x")],
)
def test_a_setting_that_makes_no_sense_is_refused(session: Session, name: str, value: object) -> None:
    with pytest.raises(BadSetting):
        set_rule(session, profile="jilin", name=name, value=value, basis="x", effective_on=NOW.date(),
                 actor=COUNTY.actor, now=NOW)  # fmt: skip


@pytest.mark.rule("MO-02")
def test_the_province_of_the_works_gives_its_opinion_until_the_end_of_2023(
    session: Session, desk: Desk
) -> None:
    desk.decided(desk.filed(), COUNTY)
    project = project_by_code(session, identity().code)
    assert project is not None
    given = {"project_id": project.id, "uscc": desk.firm.uscc, "document": DOCUMENT, "now": NOW}
    for wrong in (CITY, officer(Level.PROVINCE, "32")):
        with pytest.raises(NotCompetent):
            confirm_indicators(session, officer=wrong, confirmed_on=at("2023-12-31").date(), **given)
    with pytest.raises(RulesBroken):
        confirm_indicators(session, officer=PROVINCE, confirmed_on=at("2024-01-01").date(), **given)
    assert confirm_indicators(session, officer=PROVINCE, confirmed_on=at("2023-12-31").date(), **given).id


@pytest.mark.rule("GX-10")
def test_an_unknown_calendar_is_shown_and_counted_again_once_it_is_known(session: Session) -> None:
    now = at("2026-09-29T16:00")
    desk = Desk(session, add_firm(session, 3, "设计"))
    project = identity(1, "45")
    filing = open_filing(session, firm=acting(desk.firm), kind=Kind.ROUTINE, identity=project, now=now)
    papers = files("中标通知书", "中标工程合同", "竣工验收证明")
    save(session, filing_id=filing.id, firm=acting(desk.firm),
         draft=draft(project, desk.firm.uscc, role="设计", attachments=papers), now=now)  # fmt: skip
    submit(session, filing_id=filing.id, firm=acting(desk.firm), calendar=Unknown(), now=now)
    assert (filing.due_on, filing.due_is_unknown) == (None, True)
    late = at("2026-10-10T00:00")
    assert not review.deem(session, filing.id, calendar=Unknown(), now=late), (
        "nobody can tell that time is up"
    )
    assert review.deem(session, filing.id, calendar=Calendar(), now=late)
    assert filing.state == "deemed"


def test_people_named_in_a_filing_are_people_of_the_library(session: Session, desk: Desk) -> None:
    person = add_person(session, desk.firm, 1)
    named = [{"person": person.id, "name": "别的名字", "role": "项目经理", "employer_uscc": desk.firm.uscc}]
    with pytest.raises(RulesBroken) as broken:
        desk.filed(people=named)
    assert codes(broken) == {"person_unknown"}
