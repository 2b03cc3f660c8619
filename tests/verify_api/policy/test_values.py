"""Every limit is a value with a label, a unit and a clause; what contradicts the law cannot be stored."""

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from verify_api.policy.builtin import builtin
from verify_api.policy.consent import MUST_SAY, TEXT
from verify_api.policy.rules import PolicyInvalid, Row, changed, differences, parse, rows, to_values
from verify_api.policy.values import NoticeIssue, Policy, RevocationMode


def test_the_first_version_says_what_the_code_defaults_to() -> None:
    assert builtin().policy == Policy()
    stored = json.loads(files("verify_api.policy").joinpath("builtin.json").read_text("utf-8"))
    assert stored["values"] == to_values(Policy())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("rectification.issue", "automatic"),
        ("revocation.mode", "automatic"),
        ("selection.dual_certificate", True),
        ("selection.specialties_at_half", "warn"),
        ("selection.specialties_at_full", "block"),
        ("selection.personnel_basis", "lowest_grade"),
        ("fence.radius_m", 300),
        ("fence.max_accuracy_m", 100),
        ("fence.max_age_s", 60),
        ("face.model", "dlib-resnet-v1"),
        ("face.accept_distance", 0.45),
        ("face.review_distance", 0.60),
        ("checkin.challenge_s", 90),
        ("first.initiate_months", 10),
        ("first.checkin_months", 1),
        ("stock.initiate_months", 1),
        ("stock.resubmit_days", 10),
        ("rectification.report_months", 1),
        ("rectification.checkin_months", 1),
        ("rectification.cap_months", 3),
        ("review.target_working_days", 5),
        ("revocation.defence_working_days", 5),
        ("messages.quiet_from", "21:00"),
        ("messages.quiet_until", "08:00"),
        ("messages.first_reminder_days", [90, 30, 7, 1]),
        ("messages.reminder_days", [7, 3, 1]),
        ("remedies.reconsideration_days", 60),
        ("remedies.litigation_months", 6),
        ("face.filing_threshold_people", 100_000),
        ("letters.rectification", "深建改"),
    ],
)
def test_the_first_version_is_what_the_bureau_was_promised(path: str, value: Any) -> None:
    assert {row.path: row.value for row in rows(Policy())}[path] == value


def test_every_value_has_a_label_and_a_basis() -> None:
    for row in rows(Policy()):
        assert row.label, row.path
        assert row.section, row.path
        assert row.basis, row.path


def test_paths_are_unique_and_complete() -> None:
    paths = [row.path for row in rows(Policy())]
    values = to_values(Policy())
    assert paths == [f"{section}.{name}" for section in values for name in values[section]]


def test_a_policy_survives_being_stored() -> None:
    policy = changed(Policy(), {"revocation.mode": "decision", "messages.reminder_days": [5, 2]})
    assert parse(json.loads(json.dumps(to_values(policy)))) == policy
    assert policy.revocation.mode is RevocationMode.DECISION


def test_a_version_from_before_a_value_existed_takes_its_default() -> None:
    values = to_values(Policy())
    del values["fence"]["max_age_s"]
    del values["letters"]
    assert parse(values) == Policy()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("rectification.cap_months", 4),  # 22号令 28: never beyond three months
        ("rectification.cap_months", 0),
        ("remedies.reconsideration_days", 30),  # 行政复议法 20
        ("remedies.litigation_months", 3),  # 行政诉讼法 46
        ("checkin.window_officers", 1),  # two sign
        ("face.accept_distance", 0.6),  # no review band left
        ("face.accept_distance", 0.0),
        ("face.review_distance", 1.0),
        ("face.review_distance", float("nan")),
        ("face.review_distance", float("inf")),
        ("fence.radius_m", 0),
        ("fence.radius_m", 300.5),
        ("fence.radius_m", "300"),
        ("fence.radius_m", True),
        ("fence.radius_m", None),
        ("messages.quiet_from", "24:00"),
        ("messages.quiet_from", "9:00"),
        ("messages.reminder_days", [1, 3]),
        ("messages.reminder_days", [7, 7]),
        ("messages.reminder_days", [0]),
        ("revocation.mode", "never"),
        ("letters.revocation", "深建改"),  # two series under one name
        ("letters.rectification", "ABC"),
        ("network_log_months", 6),
        ("retention.network_log_months", 5),  # 网络安全法 21
        ("retention.impact_record_years", 2),  # PIPL 56
        ("selection.unknown", 1),
        ("", 1),
        ("fence", {}),
    ],
)
def test_a_value_outside_the_law_or_the_model_is_refused(path: str, value: Any) -> None:
    with pytest.raises(PolicyInvalid):
        changed(Policy(), {path: value})


ABSURD: dict[type, tuple[Any, ...]] = {
    bool: ("是", 1, None),
    int: (-1, 10**12, 10**400, 1.5, "5", True, None, [], {}),
    float: (0, -0.1, 1, 10**9, "0.5", None, []),
    str: ("", " ", "某" * 5000, "\0", 1, None, [], {}),
    list: ([], [0], [-1], [1, 1], [1, 2], [10**6], [1.5], ["1"], list(range(40, 0, -1)), "7", None, 7),
}


@pytest.mark.parametrize("row", list(rows(Policy())), ids=lambda row: row.path)
def test_an_absurd_value_is_refused_in_chinese_with_one_code(row: Row) -> None:
    for value in ABSURD[type(row.value)]:
        with pytest.raises(PolicyInvalid) as caught:
            changed(Policy(), {row.path: value})
        assert caught.value.code == "policy_invalid", (row.path, value)
        said = caught.value.reasons[0].message.partition("：")[2]
        assert said and not re.search(r"[A-Za-z]{3}", said), (row.path, value, said)


@pytest.mark.parametrize("word", MUST_SAY)
def test_a_notice_that_hides_what_people_may_do_is_refused(word: str) -> None:
    with pytest.raises(PolicyInvalid, match=word):
        changed(Policy(), {"consent.notice_text": TEXT.replace(word, "")})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse({"fence": {"radius_m": 0}, "rectification": {"cap_months": 9}, "unknown": 1})
    assert len(caught.value.reasons) == 3


def test_the_periods_inside_a_rectification_cannot_exceed_its_cap() -> None:
    with pytest.raises(PolicyInvalid, match="上限"):
        changed(Policy(), {"rectification.report_months": 3, "rectification.cap_months": 2})


def test_differences_name_both_values_and_the_clause() -> None:
    new = changed(Policy(), {"rectification.issue": "draft"})
    (change,) = differences(Policy(), new)
    assert (change.path, change.old, change.new) == ("rectification.issue", "automatic", "draft")
    assert change.label == "责令整改通知书的发出方式"
    assert new.rectification.issue is NoticeIssue.DRAFT
    assert differences(new, new) == []
