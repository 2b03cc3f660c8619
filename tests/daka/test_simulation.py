"""The time-lapse's own parts: its stories, its table of what the rules demand, its papers."""

import io
from dataclasses import replace
from itertools import pairwise

import pytest

from daka.simulation import papers
from daka.simulation.expected import TOLD, Expected, expected_of
from daka.simulation.reckoning import Found, differences
from daka.simulation.stories import all_stories
from daka.simulation.timelapse import BEGINS, ENDS
from miniapp_mock.city import SHENZHEN
from verify_api.accounts.media import document_type, video_of
from verify_api.cases.states import INITIAL, TRANSITIONS, State, Track
from verify_api.policy.values import Uploads

KEYS = [plan.key for plan in SHENZHEN]
LAWFUL = Expected("OPEN SUBMITTED CHECKING_IN PASSED", "2025-03-11", refusals=("900米外：outside_fence",))
SAME = Found(
    key="pass",
    name="深圳示例晨曦建设有限公司",
    case="SC2025-000001",
    path=LAWFUL.path,
    ended=LAWFUL.ended,
    documents=(),
    told_upstream=(),
    marks={},
    refusals=LAWFUL.refusals,
)


def test_every_firm_of_the_city_has_one_story_and_one_lawful_end() -> None:
    stories = all_stories(KEYS)
    assert sorted(story.key for story in stories) == sorted(KEYS)
    assert set(TOLD) == {key for key in KEYS if not key.startswith("crowd-")}
    assert all(expected_of(key).path for key in KEYS)


@pytest.mark.parametrize("story", all_stories(KEYS), ids=lambda story: story.key)
def test_a_story_goes_forward_in_time_and_ends_before_the_curtain(story: object) -> None:
    moments = [beat.at for beat in story.beats]  # type: ignore[attr-defined]
    assert moments == sorted(moments)
    assert moments[0] > BEGINS and moments[-1] < ENDS


@pytest.mark.parametrize("key", KEYS)
def test_every_lawful_course_is_one_the_state_table_knows(key: str) -> None:
    states = [State(name) for name in expected_of(key).path.split()]
    track = Track.STOCK if states[0] is INITIAL[Track.STOCK] else Track.FIRST
    moves = {(before, after) for (before, _), after in TRANSITIONS[track].items()}
    assert states[0] is INITIAL[track]
    assert set(pairwise(states)) <= moves


def test_the_lawful_course_has_no_differences() -> None:
    assert differences(SAME, LAWFUL) == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(SAME, path="OPEN LAPSED"), "经过"),
        (replace(SAME, ended="2025-03-12"), "结束日期"),
        (replace(SAME, documents=("责令整改通知书",)), "文书"),
        (replace(SAME, told_upstream=("withdrawn",)), "回写三库"),
        (replace(SAME, marks={"最后一天": "OPEN"}), "途中状态"),
        (replace(SAME, refusals=()), "被拒打卡"),
        (replace(SAME, refusals=("900米外：window_closed",)), "被拒打卡"),
    ],
)
def test_every_way_to_differ_is_seen_and_named(found: Found, said: str) -> None:
    (only,) = differences(found, LAWFUL)
    assert only.startswith(said)


def test_papers_are_files_the_service_takes() -> None:
    for _, data, media_type in (papers.scan("A1"), papers.licence("91440300"), papers.report("x")):
        assert document_type(data[:16], size=len(data), rule=Uploads()) == media_type
    _, data, media_type = papers.video(15)
    found = video_of(io.BytesIO(data), size=len(data), rule=Uploads())
    assert (found.media_type, found.duration_s) == (media_type, 15)


def test_two_papers_are_two_files() -> None:
    assert papers.scan("A1") == papers.scan("A1") != papers.scan("A2")
