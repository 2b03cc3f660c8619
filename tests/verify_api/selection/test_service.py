"""The question of a case from registry rows; numbers that staff enter; lights that keep their history."""

from datetime import date, timedelta
from unittest.mock import ANY

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.people.models import PersonCertificate, RosterEntry
from tests.verify_api.selection.firms import (
    NOW,
    REVIEWER,
    TODAY,
    add_firm,
    add_item,
    add_permit,
    add_person,
    staffed_firm,
)
from verify_api.accounts.actor import SYSTEM, Actor, Kind, Role
from verify_api.audit.service import link_new_rows, verify_chain
from verify_api.policy.values import Policy
from verify_api.selection.models import RosterLight
from verify_api.selection.queries import current_lights, lights_by_colour, overrides_of, standing_lights
from verify_api.selection.rules import check
from verify_api.selection.service import (
    BadRequirement,
    ItemNotFound,
    NotStaff,
    question,
    refresh_lights,
    set_requirement,
)
from verify_api.selection.solver import Infeasible, Plan, plan
from verify_api.selection.values import AtHalf, PermitState

POLICY = Policy()


def test_the_question_of_a_firm_has_a_plan_of_half_its_people(session: Session) -> None:
    firm, item, people = staffed_firm(session)
    add_permit(session, firm)
    given = question(session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY)
    assert (given.permit, given.enterprise, len(given.people)) == (PermitState.VALID, firm.uscc, 11)
    asked = given.items[0]
    assert (asked.code, asked.registered_required, asked.titled_required) == ("建筑工程施工总承包三级", 5, 6)
    found = plan(given)
    assert isinstance(found, Plan)
    assert found.count == 6
    assert str(people[0].id) in found.people


def test_without_a_permit_everybody_required_must_come(session: Session) -> None:
    firm, item, people = staffed_firm(session)
    given = question(session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY)
    assert check(given, [str(p.id) for p in people]).ok
    assert [r.code for r in check(given, [str(p.id) for p in people[:-1]]).reasons] == ["titled_short"]


@pytest.mark.parametrize(
    ("status", "days", "state"),
    [
        ("valid", 0, PermitState.VALID),
        ("valid", -1, PermitState.EXPIRED),
        ("suspended", 9, PermitState.SUSPENDED),
        ("revoked", 9, PermitState.REVOKED),
        ("cancelled", 9, PermitState.CANCELLED),
    ],
)
def test_only_a_permit_valid_today_counts(
    session: Session, status: str, days: int, state: PermitState
) -> None:
    firm, item, _ = staffed_firm(session)
    add_permit(session, firm, status=status, valid_to=TODAY + timedelta(days=days))
    given = question(session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY)
    assert given.permit is state


def test_a_valid_permit_beats_a_suspended_one(session: Session) -> None:
    firm, item, _ = staffed_firm(session)
    add_permit(session, firm, status="suspended", valid_to=date(2029, 1, 1))
    add_permit(session, firm)
    given = question(session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY)
    assert given.permit is PermitState.VALID


def test_files_count_per_role_and_only_for_the_number_they_were_uploaded_for(session: Session) -> None:
    firm, item, people = staffed_firm(session)
    held = session.scalars(select(PersonCertificate).where(PersonCertificate.person_id == people[0].id)).one()
    files = {people[0].id: {(held.holding, held.number)}, people[1].id: {(held.holding, "another number")}}
    given = question(
        session,
        enterprise_id=firm.id,
        items=[item],
        on=TODAY,
        policy=POLICY,
        files=files,
        in_open_case=[people[2].id],
    )
    first, second, third = given.people[:3]
    assert [bool(p.files) for p in (first, second, third)] == [True, False, False]
    assert third.in_open_case


def test_people_whom_the_sync_dropped_are_named_if_they_lead_or_are_asked_about(session: Session) -> None:
    firm, item, people = staffed_firm(session)
    for person in (people[0], people[1]):
        entry = session.scalars(select(RosterEntry).where(RosterEntry.person_id == person.id)).one()
        entry.dropped_at = NOW
    session.flush()
    given = question(
        session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY, also=[people[1].id]
    )
    found = check(given, [str(people[0].id), str(people[1].id)])
    dropped = [r.people[0] for r in found.reasons if r.code == "person_dropped"]
    assert dropped == [str(people[0].id), str(people[1].id)]


def test_a_stranger_named_by_a_draft_stays_a_stranger(session: Session) -> None:
    firm, item, _ = staffed_firm(session, 1)
    _, _, others = staffed_firm(session, 2)
    given = question(
        session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY, also=[others[0].id, 10**9]
    )
    assert str(others[0].id) not in {p.id for p in given.people}
    assert len(given.people) == 11


def test_policy_values_reach_the_rule(session: Session) -> None:
    firm, item, _ = staffed_firm(session)
    add_permit(session, firm)
    policy = Policy.model_validate(
        {"selection": {"with_permit_percent": 60, "specialties_at_half": "block", "dual_certificate": False}}
    )
    given = question(session, enterprise_id=firm.id, items=[item], on=TODAY, policy=policy)
    assert (given.percent, given.specialties_at_half, given.dual_certificate) == (60, AtHalf.BLOCK, False)
    assert check(given, [given.people[0].id]).per_item[given.items[0].code].registered.need == 3


def test_an_unknown_number_blocks_until_staff_enter_it_for_the_case(session: Session) -> None:
    firm = add_firm(session)
    lead = add_person(session, firm, 1, registered="机电")
    item = add_item(session, firm, lead, category="通信工程", grade="二级")
    add_permit(session, firm)

    def asked(case_id: int) -> Plan | Infeasible:
        found = question(
            session, enterprise_id=firm.id, items=[item], on=TODAY, policy=POLICY, case_id=case_id
        )
        return plan(found)

    before = asked(41)
    assert isinstance(before, Infeasible)
    assert [r.code for r in before.shortages] == ["requirement_unknown"]
    entered = set_requirement(
        session,
        case_id=41,
        item_id=item.id,
        registered=2,
        titled=0,
        reason="按部文复核",
        actor=REVIEWER,
        now=NOW,
    )
    assert (entered.version, entered.entered_by, entered.stated["titled"]["required"]) == (1, "staff:7", None)
    after = asked(41)
    assert isinstance(after, Plan)
    assert after.count == 1
    assert isinstance(asked(42), Infeasible)  # Another case is not touched.


def test_entries_are_versions_and_the_newest_counts(session: Session) -> None:
    _, item, _ = staffed_firm(session)
    for number in (9, 8, None):
        set_requirement(
            session,
            case_id=1,
            item_id=item.id,
            registered=number,
            titled=None,
            reason="复核",
            actor=REVIEWER,
            now=NOW,
        )
    assert [(o.version, o.registered_required) for o in overrides_of(session, 1)] == [
        (1, 9),
        (2, 8),
        (3, None),
    ]
    given = question(
        session, enterprise_id=item.enterprise_id, items=[item], on=TODAY, policy=POLICY, case_id=1
    )
    assert given.items[0].registered_required == 5


def test_an_entered_number_below_a_specialty_minimum_bounds_that_too(session: Session) -> None:
    _, item, _ = staffed_firm(session)
    set_requirement(
        session, case_id=1, item_id=item.id, registered=2, titled=0, reason="复核", actor=REVIEWER, now=NOW
    )
    given = question(
        session, enterprise_id=item.enterprise_id, items=[item], on=TODAY, policy=POLICY, case_id=1
    )
    assert [m.minimum for m in given.items[0].registered_specialties] == [2]
    assert given.items[0].titled_specialties == ()


@pytest.mark.parametrize(
    "actor",
    [
        SYSTEM,
        Actor(Kind.ENTERPRISE, 1, "示例企业", enterprise_id=1),
        Actor(Kind.STAFF, 2, "示例审计员", role=Role.AUDITOR),
        Actor(Kind.STAFF, 3, "示例决定人", role=Role.DECIDER),
    ],
)
def test_nobody_but_the_reviewing_department_enters_numbers(session: Session, actor: Actor) -> None:
    _, item, _ = staffed_firm(session)
    with pytest.raises(NotStaff):
        set_requirement(
            session, case_id=1, item_id=item.id, registered=1, titled=1, reason="复核", actor=actor, now=NOW
        )


@pytest.mark.parametrize(
    ("registered", "titled", "reason"),
    [(-1, 1, "复核"), (1, 10_001, "复核"), (True, 1, "复核"), (1, 1, " \n")],
)
def test_bad_numbers_and_missing_reasons_are_refused(
    session: Session, registered: int, titled: int, reason: str
) -> None:
    _, item, _ = staffed_firm(session)
    with pytest.raises(BadRequirement):
        set_requirement(
            session,
            case_id=1,
            item_id=item.id,
            registered=registered,
            titled=titled,
            reason=reason,
            actor=REVIEWER,
            now=NOW,
        )


def test_an_absent_item_is_not_found(session: Session) -> None:
    with pytest.raises(ItemNotFound):
        set_requirement(
            session, case_id=1, item_id=10**9, registered=1, titled=1, reason="复核", actor=REVIEWER, now=NOW
        )


@pytest.mark.parametrize(
    "change", ["UPDATE requirement_overrides SET reason = 'x'", "DELETE FROM requirement_overrides"]
)
def test_the_database_refuses_to_change_an_entry(session: Session, change: str) -> None:
    _, item, _ = staffed_firm(session)
    set_requirement(
        session, case_id=1, item_id=item.id, registered=1, titled=1, reason="复核", actor=REVIEWER, now=NOW
    )
    with pytest.raises(DBAPIError, match="only appended"), session.begin_nested():
        session.execute(text(change))


def test_a_whole_roster_is_green_and_a_lost_builder_turns_it_red(session: Session) -> None:
    firm, item, people = staffed_firm(session)
    assert refresh_lights(session, enterprise_ids=[firm.id], now=NOW) == {"green": 1}
    (first,) = current_lights(session, firm.id)
    assert (first.colour, first.findings["spare"], first.roster_synced_at) == ("green", 0, NOW)

    entry = session.scalars(select(RosterEntry).where(RosterEntry.person_id == people[1].id)).one()
    entry.dropped_at = NOW
    later = NOW + timedelta(days=1)
    assert refresh_lights(session, enterprise_ids=[firm.id], now=later) == {"red": 1}
    (now_red,) = current_lights(session, firm.id)
    assert (now_red.colour, now_red.since) == ("red", later)
    assert [r["code"] for r in now_red.findings["reasons"]] == ["registered_specialty_short"]
    assert first.ended_at == later
    assert [row.item_id for row in standing_lights(session, colour="red", limit=10)] == [item.id]


def test_a_light_that_stays_keeps_its_beginning(session: Session) -> None:
    firm, _, _ = staffed_firm(session)
    later = NOW + timedelta(days=1)
    refresh_lights(session, enterprise_ids=[firm.id], now=NOW)
    refresh_lights(session, enterprise_ids=None, now=later)
    (row,) = current_lights(session, firm.id)
    assert (row.since, row.computed_at) == (NOW, later)
    assert session.scalars(select(RosterLight).where(RosterLight.enterprise_id == firm.id)).all() == [row]


def test_registrations_that_end_soon_turn_the_light_yellow_before_they_end(session: Session) -> None:
    firm, _, _ = staffed_firm(session, valid_to=TODAY + timedelta(days=60))
    assert refresh_lights(session, enterprise_ids=[firm.id], now=NOW) == {"yellow": 1}
    (row,) = current_lights(session, firm.id)
    assert {w["code"] for w in row.findings["warnings"]} == {
        "registered_short_soon",
        "registered_specialty_short_soon",
    }


def test_an_item_whose_numbers_are_unknown_is_grey_not_green(session: Session) -> None:
    firm = add_firm(session)
    add_item(
        session, firm, add_person(session, firm, 1, titled="结构"), category="隧道工程", sequence="专业承包"
    )
    assert refresh_lights(session, enterprise_ids=[firm.id], now=NOW) == {"grey": 1}


@pytest.mark.parametrize("gone", ["status", "absent_since", "is_active"])
def test_an_item_that_is_no_longer_held_and_a_firm_that_is_gone_lose_their_lights(
    session: Session, gone: str
) -> None:
    firm, item, _ = staffed_firm(session)
    refresh_lights(session, enterprise_ids=[firm.id], now=NOW)
    before = lights_by_colour(session)
    if gone == "is_active":
        firm.is_active = False
    else:
        setattr(item, gone, "lapsed" if gone == "status" else NOW)
    session.flush()
    assert refresh_lights(session, enterprise_ids=[firm.id], now=NOW) == {}
    assert current_lights(session, firm.id) == []
    assert before == {"green": ANY}


def test_a_lead_who_breaks_the_standards_conditions_turns_the_light_red(session: Session) -> None:
    firm, _, people = staffed_firm(session)
    entry = session.scalars(select(RosterEntry).where(RosterEntry.person_id == people[0].id)).one()
    entry.years_in_management = 4
    session.flush()
    refresh_lights(session, enterprise_ids=[firm.id], now=NOW)
    (row,) = current_lights(session, firm.id)
    assert [r["code"] for r in row.findings["reasons"]] == ["technical_lead_condition_unmet"]


def test_a_builder_registered_elsewhere_is_pointed_at_and_not_counted(session: Session) -> None:
    firm, _, people = staffed_firm(session)
    held = session.scalars(select(PersonCertificate).where(PersonCertificate.person_id == people[4].id)).one()
    held.employer_uscc = "OTHER"
    session.flush()
    assert refresh_lights(session, enterprise_ids=[firm.id], now=NOW) == {"red": 1}
    (row,) = current_lights(session, firm.id)
    assert {w["code"] for w in row.findings["warnings"]} == {"registered_elsewhere"}
    assert "注册在其他单位" in row.findings["reasons"][0]["remedy"]


def test_a_shortage_that_a_permit_hides_still_shows_in_the_light(session: Session) -> None:
    firm, _, people = staffed_firm(session)
    add_permit(session, firm)
    for person in people[-2:]:
        session.scalars(select(RosterEntry).where(RosterEntry.person_id == person.id)).one().dropped_at = NOW
    session.flush()
    assert refresh_lights(session, enterprise_ids=[firm.id], now=NOW) == {"red": 1}


def test_an_entry_is_chained_into_the_audit(session: Session) -> None:
    _, item, _ = staffed_firm(session)
    set_requirement(
        session, case_id=1, item_id=item.id, registered=1, titled=1, reason="复核", actor=REVIEWER, now=NOW
    )
    assert link_new_rows(session, now=NOW) == 1
    assert verify_chain(session)[0] is None
