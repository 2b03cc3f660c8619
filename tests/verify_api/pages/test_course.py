"""Where a case stands and whose turn it is, from its history alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from verify_api.cases.states import TERMINAL, State, Track
from verify_api.pages import charts, words
from verify_api.pages.course import Happening, Mark, Seen, course, turn
from verify_api.pages.periods import basis_words, rule_words

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def seen(*happened: tuple[str, State], track: Track = Track.STOCK, **more: Any) -> Seen:
    """A case to which this happened, a day each."""
    history = [
        Happening(event, START + timedelta(days=n), after) for n, (event, after) in enumerate(happened)
    ]
    return Seen(track=track, state=history[-1].after, history=history, **more)


def marks(given: Seen) -> dict[str, str]:
    return {one.label: one.mark.value for one in course(given)}


NOTICED = (("opened", State.NOTIFYING), ("served", State.OPEN), ("missed", State.RECTIFYING))
REPORTED = (*NOTICED, ("notice_served", State.RECTIFYING), ("report_uploaded", State.RECTIFYING))
SENT = (*REPORTED, ("submitted", State.RECTIFICATION_SUBMITTED))
APPROVED = (*SENT, ("approved", State.RECHECKING_IN))


def test_a_new_case_waits_at_its_second_station() -> None:
    found = marks(seen(("opened", State.NOTIFYING)))
    assert found == {
        "建立任务": "done",
        "短信送达": "now",
        "提交名单": "ahead",
        "审核通过": "ahead",
        "打卡": "ahead",
        "结果": "ahead",
    }


def test_the_first_track_has_no_service() -> None:
    found = marks(seen(("opened", State.OPEN), track=Track.FIRST))
    assert "短信送达" not in found and found["提交名单"] == "now"


def test_a_revoked_firm_that_never_reported_is_not_shown_as_if_it_had() -> None:
    ended = seen(*NOTICED, ("notice_served", State.RECTIFYING), ("missed", State.REVOKED), closed_at=START)
    assert marks(ended) == {
        "发出通知": "done",
        "送达": "done",
        "企业查看": "skipped",
        "整改报告": "skipped",
        "提交名单": "skipped",
        "审核通过": "skipped",
        "打卡": "skipped",
        "已撤回": "bad",
    }


def test_a_notice_that_was_not_opened_does_not_hold_up_what_came_after() -> None:
    found = marks(seen(*APPROVED, done=1, total=3))
    assert (found["企业查看"], found["整改报告"], found["打卡"], found["结果"]) == (
        "skipped",
        "done",
        "now",
        "ahead",
    )


def test_people_who_have_come_are_counted_at_their_station() -> None:
    [station] = [one for one in course(seen(*APPROVED, done=1, total=3)) if one.label == "打卡"]
    assert (station.note, station.mark) == ("1/3", Mark.NOW)


@pytest.mark.parametrize(
    ("then", "undone"),
    [
        (("rejected", State.RECTIFICATION_REJECTED), "提交名单"),
        (("withdrawn_first", State.RECTIFYING), "提交名单"),
        (("withdrawn_later", State.RECTIFICATION_REJECTED), "提交名单"),
    ],
)
def test_a_list_that_no_longer_stands_is_a_station_ahead_again(then: tuple[str, State], undone: str) -> None:
    assert marks(seen(*SENT, then))[undone] == "now"


def test_a_voided_approval_takes_the_list_with_it() -> None:
    found = marks(seen(*APPROVED, ("approval_voided", State.RECTIFICATION_REJECTED)))
    assert (found["提交名单"], found["审核通过"]) == ("now", "ahead")


def test_a_rescinded_notice_leaves_the_course_before_it() -> None:
    found = marks(seen(*NOTICED, ("notice_rescinded", State.OPEN)))
    assert "发出通知" not in found and found["提交名单"] == "ahead"


def test_an_order_that_fell_with_the_void_behind_it_leaves_the_course_before_it() -> None:
    voided = (("opened", State.NOTIFYING), ("served", State.OPEN), ("submitted", State.SUBMITTED))
    voided += (("approved", State.CHECKING_IN), ("checkin_voided", State.RECTIFYING))
    found = marks(seen(*voided, ("checkin_restored", State.CHECKING_IN), done=1, total=3))
    assert "发出通知" not in found
    assert (found["审核通过"], found["打卡"]) == ("done", "now")


def test_a_rescinded_revocation_keeps_what_was_served_and_reported() -> None:
    again = seen(*REPORTED, ("missed", State.REVOKED), ("decision_rescinded", State.RECTIFYING))
    found = marks(again)
    assert (found["送达"], found["整改报告"], found["提交名单"]) == ("done", "done", "now")


def test_a_passed_case_sent_to_rectification_by_a_voided_check_in_begins_at_its_notice() -> None:
    passed = (*NOTICED[:2], ("submitted", State.SUBMITTED), ("approved", State.CHECKING_IN))
    voided = seen(*passed, ("all_checked_in", State.PASSED), ("checkin_voided", State.RECTIFYING))
    assert marks(voided)["送达"] == "now"


@pytest.mark.parametrize(
    ("given", "who", "what"),
    [
        (seen(*NOTICED[:1]), "运营商", "送达"),
        (seen(*NOTICED[:2]), "企业", "提交名单"),
        (seen(*NOTICED), "运营商", "整改通知"),
        (seen(*REPORTED[:4]), "企业", "查看通知书，提交整改报告"),
        (seen(*REPORTED[:4], viewed_at=START), "企业", "提交整改报告"),
        (seen(*REPORTED), "企业", "重新设置打卡人员"),
        (seen(*SENT), "审核员", "整改名单"),
        (seen(*APPROVED, done=1, total=3), "打卡人员", "还差2人"),
    ],
)
def test_it_is_said_whose_turn_it_is(given: Seen, who: str, what: str) -> None:
    found = turn(given, [])
    assert found is not None and found.who == who and what in found.what


@pytest.mark.parametrize(
    ("fact", "what"),
    [
        ({"kind": "hold", "detail": {}}, "解除暂缓"),
        ({"kind": "service_failed", "detail": {}}, "其他方式送达"),
        ({"kind": "wait", "detail": {"reason": "undecided_checkin"}}, "复核"),
        ({"kind": "wait", "detail": {"reason": "calendar_unknown"}}, "节假日"),
        ({"kind": "wait", "detail": None}, "还差"),
    ],
)
def test_what_stands_beside_the_state_comes_first(fact: dict[str, Any], what: str) -> None:
    found = turn(seen(*APPROVED, done=1, total=3), [fact])
    assert found is not None and what in found.what


@pytest.mark.parametrize("track", list(Track))
@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_course_and_a_turn_until_it_has_ended(state: State, track: Track) -> None:
    given = seen(("opened", State.NOTIFYING), ("missed", State.RECTIFYING), ("moved", state), track=track)
    assert len(course(given)) >= 5
    assert (turn(given, []) is None) == (state in TERMINAL)
    assert turn(seen(("opened", state), track=track), []) is None or state not in TERMINAL


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("P1M+roll", "一个月，末日遇休息日顺延"),
        ("P10M+roll", "十个月，末日遇休息日顺延"),
        ("P10D", "十日"),
        ("P5W", "五个工作日"),
        ("P4W", "4个工作日"),
        ("P0D", "以当日为末日"),
        ("P1M+roll<=P3M@2026-06-26", "一个月，末日遇休息日顺延，但自2026年6月26日起不超过三个月"),
        ("P1M+roll=>2026-05-20", "一个月，末日遇休息日顺延，后改为2026年5月20日（周三）"),
        ("something else", "something else"),
        ("P1M<=oops", "P1M<=oops"),
    ],
)
def test_rules_are_said_in_words_or_as_they_stand(rule: str, said: str) -> None:
    assert rule_words(rule) == said


def test_a_basis_says_from_when_how_long_and_where_the_end_was_rolled_from() -> None:
    view = {
        "start_day": "2025-09-01",
        "rule": "P1M+roll",
        "last_day": "2025-10-09",
        "rolled_from": "2025-10-01",
    }
    assert basis_words(view) == (
        "自2025年9月1日（周一）起算，一个月，末日遇休息日顺延"
        "；原末日2025年10月1日（周三）是休息日，顺延；至2025年10月9日（周四）24时止。"
    )


def test_weekday_is_that_of_shenzhen() -> None:
    assert words.weekday(datetime(2026, 11, 20, 17, 0, tzinfo=UTC)) == "2026年11月21日（周六）"
    assert words.weekday(None) == "—"


@pytest.mark.parametrize("today", [date(2025, 1, 1), date(2026, 3, 2), date(2026, 3, 15), date(2027, 1, 1)])
def test_today_never_leaves_the_line_of_its_period(today: date) -> None:
    drawn = charts.period(date(2026, 3, 2), date(2026, 4, 2), today=today)
    place = float(str(drawn).split('class="gone" x1="10" x2="')[1].split('"')[0])
    assert 10 <= place <= 510
    assert "今天" in drawn and "4月2日24时止" in drawn


@pytest.mark.parametrize(("value", "said"), [(850.4, "850 平方米"), (13_500, "1.35 万平方米")])
def test_areas_are_said_as_people_say_them(value: float, said: str) -> None:
    assert words.area(value) == said
