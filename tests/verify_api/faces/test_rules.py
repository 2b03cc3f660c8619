"""The verdict over plain figures: nothing falls open."""

import math
import random
from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify_api.faces.conftest import WHEN
from verify_api.faces.bands import Band, band_of, fuse
from verify_api.faces.measured import FaceFigures, FaceMeasures, FrameMeasures, PairFigures
from verify_api.faces.policy import FacePolicy
from verify_api.faces.rules import SAY, Ask, FaceVerdict, Outcome, Prompt, choose_prompts, judge_face

POLICY = FacePolicy()
CALM = FaceFigures(
    height_px=250, width_px=250, inside=1.0, brightness=130, contrast=40, sharpness=150, yaw=0, pitch=0,
    roll=0, eye_left=0.3, eye_right=0.3, mouth=0.1, distance=0.3, moire=0.1, screen_border=0, flatness=0,
)  # fmt: skip
PROMPTS = tuple(Prompt(n, ask, SAY[ask]) for n, ask in enumerate(Ask, start=1))
FIGURES = [name for name in FaceFigures.__slots__ if name != "distance"]
LIMITS = [one.name for one in fields(FacePolicy) if one.name not in ("model", "accept", "review")]
NOT_NUMBERS = [math.nan, math.inf, -math.inf]


def frame(n: int, seq: int = 1, at: datetime = WHEN, **figures: float | None) -> FrameMeasures:
    """A frame of one face; its digest is its place."""
    return FrameMeasures(
        n,
        seq,
        at,
        f"{n}-{seq}",
        fingerprint=f"{n:032x}{seq:032x}",
        face_count=1,
        face=replace(CALM, **figures),
    )


def session() -> list[FrameMeasures]:
    """What a living person sends for all five prompts, in the order of `Ask`."""
    return [
        frame(1),
        *(frame(2, s, eye_left=e, eye_right=e) for s, e in ((1, 0.3), (2, 0.12), (3, 0.29))),
        frame(3, yaw=25.0, distance=0.4),
        frame(4, yaw=-25.0, distance=0.4),
        *(frame(5, s, mouth=m) for s, m in ((1, 0.1), (2, 0.7), (3, 0.12))),
    ]


def pairs(frames: list[FrameMeasures], **figures: float) -> tuple[PairFigures, ...]:
    """Comparisons of every two frames as a living person leaves them."""
    shown = [k for k, one in enumerate(frames) if one.face is not None]
    usual = {
        "distance": 0.25, "depth_residual": 0.1, "eyes_residual": 0.03, "mouth_residual": 0.2,
        "stretch": 1.05, "difference": 9.0, "mirror_likeness": 0.5,
    } | figures  # fmt: skip
    return tuple(PairFigures(a, b, **usual) for a in shown for b in shown if a < b)


def judged(
    frames: list[FrameMeasures],
    *,
    prompts: tuple[Prompt, ...] = PROMPTS,
    found: tuple[PairFigures, ...] | None = None,
    reference: str | None = "m",
    policy: FacePolicy = POLICY,
    **seen: object,
) -> FaceVerdict:
    """The verdict on these frames."""
    measures = FaceMeasures("m", reference, tuple(frames), pairs(frames) if found is None else found)
    return judge_face(
        measures, prompts, policy, issued_at=WHEN, expires_at=WHEN + timedelta(seconds=90), **seen
    )


def codes(verdict: FaceVerdict) -> set[str]:
    """The codes of the reasons."""
    return {reason.code for reason in verdict.reasons}


def changed(k: int, **figures: float | None) -> list[FrameMeasures]:
    """The living session with some figures of one frame changed."""
    frames = session()
    face = frames[k].face
    assert face is not None
    frames[k] = replace(frames[k], face=replace(face, **figures))
    return frames


def test_a_living_person_who_did_what_was_asked_is_accepted() -> None:
    verdict = judged(session())
    assert verdict.outcome is Outcome.ACCEPTED and verdict.reasons == ()
    assert verdict.distance == pytest.approx(0.3) and verdict.good_frames >= 5


@pytest.mark.parametrize(
    ("distance", "band"),
    [
        (0.0, Band.ACCEPT), (0.45, Band.ACCEPT), (0.4500001, Band.REVIEW), (0.6, Band.REVIEW),
        (0.6000001, Band.REFUSE), (2.0, Band.REFUSE), (-0.1, Band.UNKNOWN), (None, Band.UNKNOWN),
        (math.nan, Band.UNKNOWN), (math.inf, Band.UNKNOWN), (-math.inf, Band.UNKNOWN),
    ],
)  # fmt: skip
def test_the_bands_meet_without_a_gap(distance: float | None, band: Band) -> None:
    assert band_of(distance, POLICY) is band


@given(st.floats(), st.floats(0.01, 1), st.floats(0.01, 1))
def test_only_a_finite_distance_within_the_limit_is_accepted(
    distance: float, one: float, other: float
) -> None:
    policy = FacePolicy(accept=min(one, other), review=max(one, other))
    band = band_of(distance, policy)
    assert (band is Band.ACCEPT) == (0 <= distance <= policy.accept)
    assert (band is Band.UNKNOWN) == (not math.isfinite(distance) or distance < 0)


@given(st.lists(st.floats() | st.none(), max_size=9))
def test_a_fused_distance_exists_only_if_every_part_does(distances: list[float | None]) -> None:
    fused = fuse(distances)
    usable = bool(distances) and all(d is not None and math.isfinite(d) for d in distances)
    assert (fused is not None) == usable


@pytest.mark.parametrize(
    ("accept", "review"),
    [
        (0.5, 0.4), (0, 0.4), (-1, 1), (math.nan, 0.6), (0.4, math.nan), (math.inf, math.inf),
        (0.4, math.inf),
    ],
)  # fmt: skip
def test_a_policy_with_crossed_bands_cannot_be_made(accept: float, review: float) -> None:
    with pytest.raises(ValueError, match="bands"):
        FacePolicy(accept=accept, review=review)


@pytest.mark.parametrize("bad", NOT_NUMBERS)
@pytest.mark.parametrize(
    "limit", [f.name for f in fields(FacePolicy) if f.name not in ("model", "accept", "review")]
)
def test_a_policy_with_a_limit_that_is_no_number_cannot_be_made(limit: str, bad: float) -> None:
    with pytest.raises(ValueError, match="number"):
        replace(POLICY, **{limit: bad})


@pytest.mark.parametrize(
    ("distance", "outcome", "code"),
    [
        (0.45, Outcome.ACCEPTED, None),
        (0.46, Outcome.NEEDS_REVIEW, "face_uncertain"),
        (0.6, Outcome.NEEDS_REVIEW, "face_uncertain"),
        (0.61, Outcome.REJECTED, "face_differs"),
        (None, Outcome.NEEDS_REVIEW, "not_measurable"),
        (math.nan, Outcome.REJECTED, "not_measurable"),
    ],
)
def test_the_distance_decides_between_the_three_ends(
    distance: float, outcome: Outcome, code: str | None
) -> None:
    frames = [replace(one, face=replace(one.face or CALM, distance=distance)) for one in session()]
    verdict = judged(frames)
    assert verdict.outcome is outcome and codes(verdict) == ({code} if code else set())


def test_no_reference_goes_to_staff() -> None:
    assert codes(judged(session(), reference=None)) == {"reference_missing"}


def test_vectors_of_different_models_are_never_compared() -> None:
    verdict = judged(session(), reference="other")
    assert verdict.outcome is Outcome.NEEDS_REVIEW and codes(verdict) == {"reference_model_differs"}


@pytest.mark.parametrize("apart", [0.25, 0.9])
def test_distances_found_on_another_model_neither_accept_nor_refuse(apart: float) -> None:
    policy = FacePolicy.of_bands(model="other", accept=0.45, review=0.6)
    frames = session()
    verdict = judged(frames, found=pairs(frames, distance=apart), policy=policy)
    assert verdict.outcome is Outcome.NEEDS_REVIEW and codes(verdict) == {"model_not_calibrated"}


@pytest.mark.parametrize(
    ("model", "model_id", "fits"),
    [
        (None, "any:1", True), ("net", "net:1", True), ("net:1", "net:1", True), ("net:2", "net:1", False),
        ("ne", "net:1", False), ("net", "network:1", False), ("", "net:1", False),
    ],
)  # fmt: skip
def test_bands_belong_to_a_model_by_its_kind_or_by_its_whole_id(
    model: str | None, model_id: str, fits: bool
) -> None:
    assert FacePolicy(model=model).is_for(model_id) is fits


def test_what_counts_as_one_person_follows_from_the_bands() -> None:
    usual = FacePolicy.of_bands(model="m", accept=0.45, review=0.6)
    assert usual == replace(POLICY, model="m", same_person=usual.same_person)
    assert usual.same_person == pytest.approx(0.55)
    assert FacePolicy.of_bands(model="m", accept=0.2, review=0.5).same_person == pytest.approx(0.4)


def test_no_frames_and_no_prompts_are_refused() -> None:
    assert judged([]).outcome is Outcome.REJECTED and "no_frames" in codes(judged([]))
    assert judged(session(), prompts=()).outcome is Outcome.REJECTED
    assert judged(session(), prompts=PROMPTS[1:]).outcome is Outcome.REJECTED  # without the front prompt


@pytest.mark.parametrize("missing", range(1, 6))
def test_an_unanswered_prompt_is_refused(missing: int) -> None:
    verdict = judged([one for one in session() if one.n != missing])
    assert verdict.outcome is Outcome.REJECTED and "prompt_missing" in codes(verdict)


def test_frames_nobody_asked_for_and_a_place_taken_twice_are_refused() -> None:
    assert "frames_unexpected" in codes(judged([*session(), frame(9)]))
    assert "frames_unexpected" in codes(judged([*session(), frame(1)]))


@pytest.mark.parametrize("at", [WHEN - timedelta(microseconds=1), WHEN + timedelta(seconds=90)])
def test_a_frame_received_outside_the_challenge_is_refused(at: datetime) -> None:
    frames = session()
    frames[4] = replace(frames[4], received_at=at)
    assert codes(judged(frames)) == {"outside_challenge"}


def test_frames_of_an_earlier_attempt_are_refused_and_near_copies_go_to_staff() -> None:
    frames = session()
    assert codes(judged(frames, seen_sha256=frozenset({frames[3].sha256}))) == {"frame_reused"}
    assert frames[3].fingerprint is not None
    close = f"{int(frames[3].fingerprint, 16) ^ 0b111:064x}"
    apart = f"{int(frames[3].fingerprint, 16) ^ 0b1111 << 200:064x}"
    assert judged(frames, seen_fingerprints=[close]).outcome is Outcome.NEEDS_REVIEW
    assert judged(frames, seen_fingerprints=[apart]).outcome is Outcome.ACCEPTED


def test_a_picture_that_says_it_is_old_goes_to_staff() -> None:
    frames = session()
    frames[0] = replace(frames[0], captured_at=WHEN - timedelta(seconds=301))
    assert codes(judged(frames)) == {"captured_earlier"}
    frames[0] = replace(frames[0], captured_at=WHEN - timedelta(seconds=299))
    assert judged(frames).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"height_px": 89}, "face_too_small"), ({"inside": 0.9}, "face_cut"), ({"brightness": 44},
        "too_dark"), ({"brightness": 216}, "too_bright"), ({"contrast": 13}, "low_contrast"), ({"sharpness":
        11}, "blurred"), ({"yaw": 19}, "not_frontal"), ({"yaw": -19}, "not_frontal"), ({"pitch": 31},
        "not_frontal"), ({"roll": -31}, "not_frontal"), ({"eye_left": 0.1, "eye_right": 0.1}, "eyes_closed"),
    ],
)  # fmt: skip
def test_a_poor_front_frame_is_refused_by_name_with_a_hint(figures: dict[str, float], code: str) -> None:
    verdict = judged(changed(0, **figures))
    assert verdict.outcome is Outcome.REJECTED and code in codes(verdict)
    assert all(reason.message and reason.hint for reason in verdict.reasons)


@pytest.mark.parametrize("n", range(9))
def test_a_frame_that_shows_nobody_refuses_the_attempt(n: int) -> None:
    frames = session()
    refusal = judged([]).reasons[0]
    frames[n] = replace(frames[n], face=None, refusal=replace(refusal, code="no_face"))
    verdict = judged(frames)
    assert verdict.outcome is Outcome.REJECTED and "no_face" in codes(verdict)


@pytest.mark.parametrize(
    ("k", "figures", "code"),
    [
        (2, {"eye_left": 0.3, "eye_right": 0.3}, "blink_not_seen"),
        (2, {"eye_left": 0.3}, "blink_not_seen"),
        (1, {"eye_left": 0.12, "eye_right": 0.12}, "blink_not_seen"),
        (3, {"eye_left": 0.12, "eye_right": 0.12}, "blink_not_seen"),
        (4, {"yaw": 9.9}, "turn_not_seen"),
        (4, {"yaw": -25.0}, "turn_wrong_way"),
        (4, {"yaw": 61.0}, "turn_not_seen"),
        (5, {"yaw": 25.0}, "turn_wrong_way"),
        (7, {"mouth": 0.3}, "mouth_not_seen"),
        (6, {"mouth": 0.7}, "mouth_not_seen"),
        (8, {"mouth": 0.7}, "mouth_not_seen"),
    ],
)
def test_a_movement_that_was_not_made_is_refused(k: int, figures: dict[str, float], code: str) -> None:
    verdict = judged(changed(k, **figures))
    assert verdict.outcome is Outcome.REJECTED and code in codes(verdict)


@pytest.mark.parametrize(("yaw", "code"), [(19.9, "turn_not_seen"), (20.0, "flat_still")])
def test_a_small_turn_without_depth_is_asked_for_again_and_only_a_clear_one_is_called_flat(
    yaw: float, code: str
) -> None:
    frames = changed(4, yaw=yaw)
    flat = tuple(
        replace(pair, depth_residual=0.01) if 4 in (pair.a, pair.b) else pair for pair in pairs(frames)
    )
    verdict = judged(frames, found=flat)
    assert verdict.outcome is Outcome.REJECTED and codes(verdict) == {code}


def test_a_turn_that_went_on_too_far_counts_by_the_frame_before() -> None:
    assert judged([*session(), frame(3, 2, yaw=70.0, distance=0.4)]).outcome is Outcome.ACCEPTED
    assert "turn_not_seen" in codes(judged([*changed(4, yaw=5.0), frame(3, 2, yaw=70.0)]))


def test_a_frame_of_which_nothing_is_known_refuses() -> None:
    verdict = judged([*session(), FrameMeasures(1, 2, WHEN, "unknown")])
    assert verdict.outcome is Outcome.REJECTED and codes(verdict) == {"not_measurable"}


@pytest.mark.parametrize("missing", [2, 7])
def test_a_blink_and_an_open_mouth_need_three_frames(missing: int) -> None:
    frames = session()
    del frames[missing]
    assert "too_few_frames" in codes(judged(frames))


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"difference": 0.3}, "frames_identical"),
        ({"mirror_likeness": 0.97}, "frames_mirrored"),
        ({"depth_residual": 0.049}, "flat_still"),
        ({"eyes_residual": 0.013}, "flat_still"),
        ({"mouth_residual": 0.059}, "flat_still"),
        ({"stretch": 1.21}, "flat_still"),
        ({"distance": 0.61}, "several_persons"),
    ],
)
def test_what_a_still_or_a_second_person_leaves_behind_is_refused(
    figures: dict[str, float], code: str
) -> None:
    frames = session()
    verdict = judged(frames, found=pairs(frames, **figures))
    assert verdict.outcome is Outcome.REJECTED and code in codes(verdict)


def test_frames_that_may_or_may_not_be_one_person_go_to_staff() -> None:
    frames = session()
    verdict = judged(frames, found=pairs(frames, distance=0.58))
    assert verdict.outcome is Outcome.NEEDS_REVIEW and codes(verdict) == {"persons_uncertain"}


def test_a_comparison_that_is_missing_refuses() -> None:
    frames = session()
    assert "not_comparable" in codes(judged(frames, found=pairs(frames)[:-1]))
    assert judged(frames, found=()).outcome is Outcome.REJECTED


@pytest.mark.parametrize("bad", NOT_NUMBERS)
@pytest.mark.parametrize("name", FaceFigures.__slots__)
@pytest.mark.parametrize("k", range(9))
def test_a_figure_that_is_no_number_refuses(k: int, name: str, bad: float) -> None:
    verdict = judged(changed(k, **{name: bad}))
    assert verdict.outcome is Outcome.REJECTED and "not_measurable" in codes(verdict)


@pytest.mark.parametrize("bad", NOT_NUMBERS)
@pytest.mark.parametrize("name", [n for n in PairFigures.__slots__ if n not in ("a", "b")])
def test_a_comparison_that_is_no_number_refuses(name: str, bad: float) -> None:
    frames = session()
    one, *others = pairs(frames)
    assert judged(frames, found=(replace(one, **{name: bad}), *others)).outcome is Outcome.REJECTED


@given(st.data())
def test_whatever_is_accepted_satisfies_every_limit(data: st.DataObject) -> None:
    frames = []
    for one in session():
        assert one.face is not None
        changes = data.draw(
            st.dictionaries(st.sampled_from(FIGURES), st.floats() | st.floats(0, 1), max_size=1)
        )
        frames.append(replace(one, face=replace(one.face, **changes)))
    verdict = judged(frames)
    if verdict.outcome is Outcome.ACCEPTED:
        assert verdict.distance is not None and verdict.distance <= POLICY.accept
        assert verdict.good_frames >= 1 and not verdict.reasons
        for one in frames:
            assert one.face is not None and one.face.height_px >= POLICY.min_face_px
            assert POLICY.dark <= one.face.brightness <= POLICY.bright


@given(st.data())
def test_whatever_is_accepted_compares_within_every_limit(data: st.DataObject) -> None:
    frames = session()
    names = st.sampled_from([n for n in PairFigures.__slots__ if n not in ("a", "b")])
    found = tuple(
        replace(pair, **data.draw(st.dictionaries(names, st.floats() | st.floats(0, 1), max_size=1)))
        for pair in pairs(frames)
    )
    dropped = data.draw(st.sets(st.integers(0, len(found) - 1), max_size=2))
    verdict = judged(frames, found=tuple(pair for k, pair in enumerate(found) if k not in dropped))
    if verdict.outcome is Outcome.ACCEPTED:
        assert not dropped
        for pair in found:
            assert all(math.isfinite(getattr(pair, name)) for name in PairFigures.__slots__)
            assert pair.difference > POLICY.same_picture and pair.mirror_likeness < POLICY.mirror_likeness


@given(st.data())
def test_no_choice_of_missing_frames_and_figures_falls_open(data: st.DataObject) -> None:
    frames = [one for one in session() if data.draw(st.booleans())]
    k = data.draw(st.integers(0, max(0, len(frames) - 1)))
    name, value = data.draw(st.sampled_from(FIGURES)), data.draw(st.floats())
    if frames and frames[k].face is not None:
        frames[k] = replace(frames[k], face=replace(frames[k].face, **{name: value}))
    reference = data.draw(st.sampled_from(["m", None, "other"]))
    verdict = judged(frames, reference=reference)
    if verdict.outcome is Outcome.ACCEPTED:
        assert len(frames) == len(session()) and reference == "m" and math.isfinite(value)


def test_passive_signals_are_noted_and_decide_nothing() -> None:
    verdict = judged(changed(0, moire=0.9, screen_border=1.0, flatness=0.9))
    assert verdict.outcome is Outcome.ACCEPTED
    assert {risk.code for risk in verdict.risks} == {"risk_moire", "risk_screen_border", "risk_flat"}


def test_measures_survive_json_and_are_judged_the_same() -> None:
    frames = session()
    measures = FaceMeasures("m", "m", tuple(frames), pairs(frames), embedding=(0.1,) * 128)
    stored = measures.to_mapping()
    assert "embedding" not in stored and "0.1, 0.1" not in repr(measures)
    again = FaceMeasures.from_mapping(stored)
    assert again == measures
    ill = replace(measures, frames=tuple(changed(0, distance=math.nan)))
    assert stored != ill.to_mapping() and ill.to_mapping()["frames"][0]["face"]["distance"] is None


def test_prompts_are_random_numbered_and_always_ask_for_the_front() -> None:
    drawn = [choose_prompts(random.Random(seed)) for seed in range(200)]
    for prompts in drawn:
        asks = [prompt.ask for prompt in prompts]
        assert [prompt.n for prompt in prompts] == [1, 2, 3]
        assert asks.count(Ask.FRONT) == 1 and len(set(asks)) == 3
        assert all(prompt.say for prompt in prompts)
    assert len({tuple(prompt.ask for prompt in prompts) for prompts in drawn}) == 36  # 6 pairs × 6 orders
    assert len(choose_prompts(random.Random(1), actions=1)) == 2
    with pytest.raises(ValueError, match="one or two"):
        choose_prompts(random.Random(1), actions=0)
