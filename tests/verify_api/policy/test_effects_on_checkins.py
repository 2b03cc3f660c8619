"""Values of place, face, check-in and selection. Each is changed and what follows changes."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import RegisteredPoint
from registry.standards import ItemRequirement
from tests.verify_api.cases.steps import approve, served, stock_firm
from tests.verify_api.factories import ADMIN, at, set_policy
from tests.verify_api.policy.effects import policy, shows
from tests.verify_api.selection.test_service import TODAY, add_permit, staffed_firm
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case
from verify_api.cases.review import fence_of
from verify_api.checkins.models import Attempt
from verify_api.checkins.service import _challenge, _door_facts, _limits
from verify_api.checkins.verification import face_policy
from verify_api.console.retention import stored_faces
from verify_api.faces.service import give_consent
from verify_api.policy.consent import TEXT
from verify_api.policy.values import Policy
from verify_api.selection.service import question, requirement_for
from verify_api.selection.values import PermitState

NOW = at("2025-03-03 10:00")


@shows("fence.radius_m")
def test_a_fence_is_as_wide_as_the_policy_says_when_the_list_is_approved(session: Session) -> None:
    set_policy(session, {"fence.radius_m": 450})
    firm = stock_firm(session)
    case = served(session, firm, NOW)
    row = approve(session, firm, case, at("2025-03-05 10:00"))
    assert row.fence is not None and row.fence["radius_m"] == 450
    point = session.scalars(select(RegisteredPoint)).first()
    assert point is not None and fence_of(point, ground_on(session, now=NOW))["radius_m"] == 450


@shows("fence.max_accuracy_m", "fence.max_age_s")
def test_a_fix_is_as_exact_and_fresh_as_the_policy_says(session: Session) -> None:
    set_policy(session, {"fence.max_accuracy_m": 40, "fence.max_age_s": 20})
    limits = _limits(ground_on(session, now=NOW))
    assert (limits.accuracy_m, limits.age_s) == (40, 20)


@shows("face.model", "face.accept_distance", "face.review_distance")
def test_faces_are_judged_by_the_bands_and_for_the_model_of_the_policy(session: Session) -> None:
    changes = {"face.model": "arcface", "face.accept_distance": 0.3, "face.review_distance": 0.5}
    set_policy(session, changes)
    found = face_policy(ground_on(session, now=NOW))
    assert (found.accept, found.review) == (0.3, 0.5)
    assert found.is_for("arcface:1234") and not found.is_for("dlib-resnet-v1:1234")


@shows("face.filing_threshold_people")
def test_filing_is_due_at_the_line_of_the_policy(session: Session) -> None:
    stock_firm(session)
    assert stored_faces(ADMIN, session, NOW)["must_file"] is False
    set_policy(session, {"face.filing_threshold_people": 1})
    found = stored_faces(ADMIN, session, NOW)
    assert (found["line"], found["must_file"]) == (1, found["people"] >= 1)


@shows("consent.notice_version", "consent.notice_text")
def test_whoever_agreed_to_an_older_text_is_asked_again_before_the_next_check_in(session: Session) -> None:
    firm = stock_firm(session)
    case, person = served(session, firm, NOW), firm.enough[0]
    give_consent(session, person_id=person, notice_version="1", channel="miniapp", now=NOW)
    assert _has_consent(session, case, person)
    words = {"consent.notice_version": "2", "consent.notice_text": TEXT + "照片不出本市政务云。"}
    set_policy(session, words)
    assert not _has_consent(session, case, person)
    give_consent(session, person_id=person, notice_version="2", channel="miniapp", now=NOW)
    assert _has_consent(session, case, person)


def _has_consent(session: Session, case: Case, person: int) -> bool:
    return _door_facts(session, case, None, person, ground_on(session, now=NOW), NOW).has_consent


@shows("checkin.challenge_s", "checkin.attempts_per_day")
def test_a_challenge_lasts_and_may_be_asked_as_the_policy_says(session: Session) -> None:
    set_policy(session, {"checkin.challenge_s": 45, "checkin.attempts_per_day": 2})
    firm = stock_firm(session)
    case, ground, attempt = served(session, firm, NOW), ground_on(session, now=NOW), Attempt()
    _challenge(attempt, ground, NOW)
    assert attempt.expires_at == NOW + timedelta(seconds=45)
    assert _door_facts(session, case, None, firm.enough[0], ground, NOW).attempts_per_day == 2


@shows(
    "selection.with_permit_percent",
    "selection.without_permit_percent",
    "selection.specialties_at_half",
    "selection.specialties_at_full",
    "selection.dual_certificate",
)
def test_a_list_is_judged_by_the_shares_and_rules_of_the_policy(session: Session) -> None:
    firm, item, _ = staffed_firm(session)
    add_permit(session, firm)
    rule = policy(
        {
            "selection.with_permit_percent": 60,
            "selection.without_permit_percent": 90,
            "selection.specialties_at_half": "block",
            "selection.specialties_at_full": "warn",
            "selection.dual_certificate": False,
        }
    )
    found = question(session, enterprise_id=firm.id, items=[item], on=TODAY, policy=rule)
    assert found.percent == 60
    assert replace(found, permit=PermitState.CANCELLED).percent == 90
    told = (found.specialties_at_half.value, found.specialties_at_full.value, found.dual_certificate)
    assert told == ("block", "warn", False)


@shows("selection.personnel_basis")
def test_a_grade_without_its_own_number_is_judged_on_the_basis_of_the_policy(session: Session) -> None:
    item = stock_firm(session).items[0]
    item.category, item.grade = "建筑工程", "二级"
    rules = (Policy(), policy({"selection.personnel_basis": "own_grade"}))
    found = [requirement_for(item, on=NOW.date(), policy=rule) for rule in rules]
    assert [one.registered_required for one in found if isinstance(one, ItemRequirement)] == [5, 0]
