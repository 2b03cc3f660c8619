"""Where the store meets verification: credit file, marks, leads' performance, publication, cross-checks."""

from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from miniapp_mock.upstream.platform import create_platform_app
from registry.clauses import RulesBroken
from registry.credit.models import Commitment, CreditEntry
from registry.credit.queries import commitment_for, credit_file
from registry.credit.service import SIGNERS, claim_performance, commit
from registry.crosschecks.adapters.http import HttpRegister
from registry.crosschecks.service import CheckKind, CheckResult, Said, cross_check, is_abnormal, newest_checks
from registry.crypto import Keyring
from registry.db import Sessions
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible, lead_performance
from registry.enterprises import service as standing
from registry.enterprises.models import Certificate, Enterprise, QualificationItem, UpstreamChange
from registry.enterprises.service import EnterpriseUnknown
from registry.ledger.service import Actor, verify
from registry.people.models import Person
from registry.projects.models import Level
from registry.projects.queries import project_by_code
from registry.publication.adapters.http import HttpPlatform
from registry.publication.models import Publication, Target
from registry.publication.service import deliver_publications, overdue, status_of
from tests.registry.samples import resident_id
from tests.registry.store.test_filings import COUNTY, NOW, Desk
from tests.registry.store.world import add_firm, add_person, at, draft, identity, officer
from tests.served import served

ON = date(2024, 12, 2)


def item_of(session: Session, firm: Enterprise, authority: str = "深圳市住房和建设局") -> QualificationItem:
    paper = Certificate(
        enterprise_id=firm.id,
        number=f"D{firm.id}",
        licensing_authority=authority,
        issued_on=date(2024, 5, 1),
        synced_at=NOW,
    )
    session.add(paper)
    session.flush()
    item = QualificationItem(
        enterprise_id=firm.id, certificate_id=paper.id, sequence="施工总承包",
        category="建筑工程", grade="三级", origin="commitment",
        first_issued_on=date(2024, 5, 1), valid_to=date(2025, 4, 30),
        licensing_authority=authority, synced_at=NOW,
    )  # fmt: skip
    session.add(item)
    session.flush()
    return item


def test_verdicts_change_the_qualification_and_the_credit_file_together(session: Session) -> None:
    firm = add_firm(session)
    item = item_of(session, firm)
    standing.record_pass(session, item_ids=[item.id], reason="动态核查通过", now=NOW)
    standing.set_abnormal(session, item_ids=[item.id], cause="责令整改", now=NOW)
    standing.withdraw(session, item_ids=[item.id], reason="逾期未整改", actor="system", now=NOW)
    entries = credit_file(session, firm.uscc)
    assert [(e.kind, e.is_public) for e in entries] == [
        ("withdrawn", True), ("abnormal_set", True), ("verified", False)
    ]  # fmt: skip
    assert all(e.item_id == item.id for e in entries)
    assert [c.change for c in session.scalars(select(UpstreamChange))] == ["abnormal_set", "withdrawn"]
    assert verify(session).problems == []


def test_a_verdict_that_is_rolled_back_leaves_nothing_on_file(session: Session) -> None:
    item = item_of(session, add_firm(session))
    with pytest.raises(RuntimeError), session.begin_nested():
        standing.withdraw(session, item_ids=[item.id], reason="x", actor="system", now=NOW)
        raise RuntimeError
    session.refresh(item)
    assert item.status == "valid" and session.scalars(select(CreditEntry)).all() == []


@pytest.mark.rule("MO-13")
def test_during_rectification_the_answer_is_no_and_why(session: Session) -> None:
    firm = add_firm(session)
    desk = Desk(session, firm)
    desk.decided(desk.filed(), COUNTY)
    item = item_of(session, firm)
    assert eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=ON).is_eligible
    standing.set_abnormal(session, item_ids=[item.id], cause="责令限期整改", now=NOW)
    during = eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=ON)
    assert [c.code for c in during.blocking] == ["marked_abnormal"]
    later = NOW + timedelta(days=20)
    standing.lift_abnormal(session, item_ids=[item.id], reason="整改通过", now=later)
    assert eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=later.date()).is_eligible
    assert not eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=ON).is_eligible, "as of that day"


def test_grades_count_as_they_stood_at_the_end_of_the_day(session: Session) -> None:
    firm = add_firm(session)
    desk = Desk(session, firm)
    late = at("2024-12-03T23:59:59")
    desk.decided(desk.filed(now=late), COUNTY, now=late)
    assert not eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=date(2024, 12, 2)).is_eligible
    assert eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=date(2024, 12, 3)).is_eligible


def test_nobody_is_answered_about_a_firm_that_is_not_there(session: Session) -> None:
    with pytest.raises(EnterpriseUnknown):
        eligible(session, uscc="9144030071526726XG", use=Use.NATIONAL, on=ON)


@pytest.mark.rule("MO-06")
def test_first_grade_asks_the_standard_for_its_registered_people(session: Session) -> None:
    firm = add_firm(session)
    answer = eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=ON, items=[("建筑工程", "一级")])
    assert "too_few_registered" in {c.code for c in answer.blocking}
    unknown = eligible(session, uscc=firm.uscc, use=Use.PROVINCIAL, on=ON, items=[("没有的工程", "一级")])
    assert "standard_unknown" in {c.code for c in unknown.blocking}


@pytest.fixture
def led(session: Session) -> tuple[Desk, QualificationItem, Person]:
    """A firm whose item has a technical lead on its roster."""
    firm = add_firm(session)
    lead = add_person(session, firm, 1)
    item = item_of(session, firm)
    item.technical_lead_id = lead.id
    session.flush()
    return Desk(session, firm), item, lead


def test_a_leads_claimed_performance_has_to_reach_what_the_item_needs(
    session: Session, led: tuple[Desk, QualificationItem, Person]
) -> None:
    desk, item, lead = led
    assert [c.code for c in lead_performance(session, item, on=ON).clauses] == ["no_claim"]
    claim_performance(session, item_id=item.id, person_id=lead.id, project_code=identity().code,
                      actor=Actor("staff:1"), now=NOW)  # fmt: skip
    assert [c.code for c in lead_performance(session, item, on=ON).clauses] == ["project_unknown"]
    role = {"person": lead.id, "name": lead.name, "role": "技术负责人", "employer_uscc": desk.firm.uscc}
    desk.decided(desk.filed(given=draft(identity(), desk.firm.uscc, people=[role])), COUNTY)
    met = lead_performance(session, item, on=ON)
    assert (met.is_met, met.projects, met.clauses) == (True, (identity().code,), ())
    item.licensing_authority = "住房和城乡建设部"
    session.flush()
    needs_more = lead_performance(session, item, on=ON)
    assert not needs_more.is_met and "not_on_platform" in {c.code for c in needs_more.clauses}


def test_a_project_that_names_somebody_else_does_not_serve_the_lead(
    session: Session, led: tuple[Desk, QualificationItem, Person]
) -> None:
    desk, item, lead = led
    other = add_person(session, desk.firm, 2)
    role = {"person": other.id, "name": other.name, "role": "技术负责人", "employer_uscc": desk.firm.uscc}
    desk.decided(desk.filed(given=draft(identity(), desk.firm.uscc, people=[role])), COUNTY)
    claim_performance(session, item_id=item.id, person_id=lead.id, project_code=identity().code,
                      actor=Actor("staff:1"), now=NOW)  # fmt: skip
    assert "not_on_project" in {c.code for c in lead_performance(session, item, on=ON).clauses}


def test_an_item_without_a_lead_never_passes(session: Session) -> None:
    verdict = lead_performance(session, item_of(session, add_firm(session)), on=ON)
    assert (verdict.is_met, [c.code for c in verdict.clauses]) == (False, ["lead_missing"])


@pytest.mark.rule("MO-10")
@pytest.mark.parametrize(
    ("missing", "authorises", "codes"),
    [
        (None, True, set()),
        ("实际控制人", True, {"signer_missing"}),
        (None, False, {"checks_not_authorised"}),
    ],
)
def test_a_commitment_is_signed_by_everybody_and_lets_the_authority_check(
    session: Session, missing: str | None, authorises: bool, codes: set[str]
) -> None:
    signers = [{"role": role, "name": f"示例{role}"} for role in SIGNERS if role != missing]
    given = {
        "uscc": "9144030071526726XG",
        "application": "建筑工程一级",
        "text_version": "1",
        "text": "承诺",
        "signers": signers,
        "authorises_checks": authorises,
        "actor": Actor("enterprise:1"),
        "now": NOW,
    }
    if not codes:
        made = commit(session, **given)  # type: ignore[arg-type]
        found = commitment_for(session, "9144030071526726XG", "建筑工程一级")
        assert found == made and len(made.text_sha256) == 64
    else:
        with pytest.raises(RulesBroken) as broken:
            commit(session, **given)  # type: ignore[arg-type]
        assert {r.code for r in broken.value.reasons} == codes
        assert session.scalars(select(Commitment)).all() == []


@pytest.mark.rule("MO-11")
@pytest.mark.parametrize(
    ("said", "abnormal"),
    [
        (Said(CheckResult.SAME, 1), False),
        (Said(CheckResult.SAME, 2), True),
        (Said(CheckResult.DIFFERENT), True),
        (Said(CheckResult.NOT_FOUND), False),
        (Said(CheckResult.FAILED), False),
        (Said(CheckResult.NOT_ASKED), False),
    ],
)
def test_several_payers_or_a_contradiction_are_worth_a_look_and_silence_is_not(
    said: Said, abnormal: bool
) -> None:
    assert is_abnormal(said) is abnormal


@pytest.fixture
def gateway() -> Iterator[tuple[str, httpx.Client]]:
    """The platforms' stand-in on a port, with its control."""
    with (
        served(create_platform_app("secret")) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer secret"}) as control,
    ):
        yield url, control


@pytest.mark.rule("MO-11")
def test_a_register_that_fails_is_not_one_that_found_nothing(
    sessions: Sessions, keyring: Keyring, gateway: tuple[str, httpx.Client]
) -> None:
    url, control = gateway
    with sessions.begin() as session:
        person = add_person(session, add_firm(session), 1)
        person.id_cipher = keyring.seal(resident_id(1).encode(), purpose="people.id_number")
        key = person.id
    answers = {f"insurance/{resident_id(1)}": {"result": "一致", "payers": 2},
               f"title/{resident_id(1)}": {"result": "乱码"}}  # fmt: skip
    control.put("/control/answers", json=answers).raise_for_status()
    register = HttpRegister(url, "secret")
    given = {"person_id": key, "employer_uscc": "x", "register": register, "keyring": keyring,
             "actor": Actor("staff:1"), "now": NOW}  # fmt: skip
    cross_check(sessions, **given)  # type: ignore[arg-type]
    with sessions() as session:
        found = newest_checks(session, key)
        said = {kind: (row.result, row.is_abnormal) for kind, row in found.items() if row is not None}
    assert said == {
        CheckKind.EDUCATION: ("查无", False),
        CheckKind.TITLE: ("接口失败", False),
        CheckKind.INSURANCE: ("一致", True),
    }
    control.patch("/control/faults", json={"fail_next": 3}).raise_for_status()
    cross_check(sessions, **given)  # type: ignore[arg-type]
    with sessions() as session:
        assert {row.result for row in newest_checks(session, key).values() if row} == {"接口失败"}
    register.close()


@pytest.fixture
def published(sessions: Sessions) -> Sessions:
    """A confirmed project on its way to two targets."""
    with sessions.begin() as session:
        desk = Desk(session, add_firm(session))
        desk.decided(desk.filed(), COUNTY)
    return sessions


def platform_at(url: str) -> HttpPlatform:
    return HttpPlatform(dict.fromkeys(("national", "provincial", "government"), url), "secret")


@pytest.mark.rule("JS-12")
def test_each_target_has_its_own_standing_and_a_lost_answer_publishes_once(
    published: Sessions, gateway: tuple[str, httpx.Client]
) -> None:
    url, control = gateway
    platform = platform_at(url)
    control.patch("/control/faults", json={"lose_next": 1}).raise_for_status()
    first = deliver_publications(published, platform, NOW)
    assert (first.sent, first.postponed) == (1, 1)
    with published() as session:
        project = project_by_code(session, identity().code)
        assert project is not None
        states = status_of(session, project.id)
        assert sorted(states.values()) == ["none", "shown", "waiting"] and states[Target.GOVERNMENT] == "none"
    assert deliver_publications(published, platform, NOW + timedelta(minutes=1)).sent == 1
    shown = control.get("/control/projects").json()
    assert shown["repeated"] == 1 and len(shown["projects"]) == 1
    (only,) = shown["projects"].values()
    assert {s["grade"] for s in only["stages"].values()} == {"C"}
    platform.close()


def test_a_refused_publication_waits_for_a_person_and_a_late_one_rings(
    published: Sessions, gateway: tuple[str, httpx.Client]
) -> None:
    url, control = gateway
    platform = platform_at(url)
    control.patch("/control/faults", json={"fail_next": 1, "status": 422}).raise_for_status()
    assert deliver_publications(published, platform, NOW, limit=1).given_up == 1
    week = NOW + timedelta(days=7)
    with published() as session:
        assert overdue(session, now=week - timedelta(seconds=1)) == []
        assert len(overdue(session, now=week)) == 2
        refused = session.scalars(select(Publication).where(Publication.gave_up_at.is_not(None))).one()
        assert refused.last_error == "platform_refused_422"
    platform.close()


def test_a_target_without_an_address_or_an_answer_is_a_matter_of_time(published: Sessions) -> None:
    nowhere = HttpPlatform({"provincial": "http://127.0.0.1:9"}, "secret")
    outcome = deliver_publications(published, nowhere, NOW)
    assert (outcome.sent, outcome.postponed, outcome.given_up) == (0, 2, 0)
    nowhere.close()


def test_a_confirmation_taken_back_is_told_to_whoever_shows_it(
    published: Sessions, gateway: tuple[str, httpx.Client]
) -> None:
    from registry.projects.models import Stage
    from registry.workflows.administration import take_confirmation_back

    url, control = gateway
    platform = platform_at(url)
    deliver_publications(published, platform, NOW)
    with published.begin() as session:
        project = project_by_code(session, identity().code)
        assert project is not None
        take_confirmation_back(
            session,
            project_id=project.id,
            stages=[Stage.BASIC],
            officer=officer(Level.COUNTY),
            reason="原件不符",
            now=NOW,
        )
    deliver_publications(published, platform, NOW)
    (only,) = control.get("/control/projects").json()["projects"].values()
    assert only["stages"]["basic"]["grade"] == "D"
    platform.close()
