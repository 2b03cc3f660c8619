"""Whole uploads with real pictures: the living person passes, each kind of fraud is named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.verify_api.faces.conftest import WHEN, Booth, Files
from tools.portraits import attacks
from tools.portraits.frames import as_frames
from verify_api.faces.measure import FrameIn, measure_frames
from verify_api.faces.policy import FacePolicy
from verify_api.faces.rules import Outcome, judge_face


def codes(verdict: object) -> set[str]:
    """The codes of the reasons."""
    return {reason.code for reason in verdict.reasons}  # type: ignore[attr-defined]


def test_everybody_who_does_what_is_asked_is_accepted(booth: Booth, people: list[Files]) -> None:
    for files in people:
        verdict = booth.verdict(files, files["reference"])
        assert verdict.outcome is Outcome.ACCEPTED, codes(verdict)
        assert verdict.distance is not None and verdict.distance < 0.3
        assert verdict.model_id == booth.engine.model_id


def test_somebody_else_is_refused(booth: Booth, people: list[Files]) -> None:
    verdict = booth.verdict(people[0], people[1]["reference"])
    assert verdict.outcome is Outcome.REJECTED and codes(verdict) == {"face_differs"}


def test_the_same_file_for_every_prompt_is_refused(booth: Booth, people: list[Files]) -> None:
    for files in people:
        verdict = booth.verdict(attacks.same_file(files), files["reference"])
        assert verdict.outcome is Outcome.REJECTED and "frames_identical" in codes(verdict)


def test_a_replayed_still_is_refused(booth: Booth, people: list[Files]) -> None:
    for files in people:
        verdict = booth.verdict(attacks.replayed_still(files), files["reference"])
        assert verdict.outcome is Outcome.REJECTED
        assert {"blink_not_seen", "turn_not_seen", "mouth_not_seen"} & codes(verdict)


@pytest.mark.parametrize("strength", [0.4, 0.6, 0.8, 1.0, 1.3])
def test_a_still_that_was_warped_as_a_whole_is_refused(
    booth: Booth, people: list[Files], strength: float
) -> None:
    for files in people:
        verdict = booth.verdict(attacks.warped_still(files, strength=strength), files["reference"])
        assert verdict.outcome is Outcome.REJECTED
        assert {"flat_still", "blink_not_seen", "turn_not_seen", "no_face"} & codes(verdict)


@pytest.mark.parametrize("name", ["turn_left", "turn_right", "blink_2", "mouth_2"])
def test_one_movement_taken_from_a_warped_still_is_enough_to_refuse(
    booth: Booth, people: list[Files], name: str
) -> None:
    for files in people:
        for strength in (0.5, 0.7, 0.9, 1.1):
            mixed = files | {name: attacks.warped_still(files, strength=strength)[name]}
            assert booth.verdict(mixed, files["reference"]).outcome is Outcome.REJECTED


def test_a_mirrored_frame_is_refused(booth: Booth, people: list[Files]) -> None:
    for files in people:
        verdict = booth.verdict(attacks.mirrored_turn(files), files["reference"])
        assert verdict.outcome is Outcome.REJECTED and "frames_mirrored" in codes(verdict)


def test_frames_of_two_people_are_refused(booth: Booth, people: list[Files]) -> None:
    for one, other in ((0, 1), (1, 2), (2, 3), (3, 0)):
        verdict = booth.verdict(attacks.two_people(people[one], people[other]), people[one]["reference"])
        assert verdict.outcome is Outcome.REJECTED and "several_persons" in codes(verdict)


def test_movements_of_an_earlier_challenge_are_refused(booth: Booth, people: list[Files]) -> None:
    for files in people:
        verdict = booth.verdict(attacks.answers_in_other_order(files), files["reference"])
        assert verdict.outcome is Outcome.REJECTED
        assert codes(verdict) >= {"blink_not_seen", "turn_wrong_way", "mouth_not_seen"}


def test_files_of_an_earlier_attempt_are_known_again(booth: Booth, people: list[Files]) -> None:
    files = people[0]
    measures = booth.measure(files, files["reference"])
    times = {"issued_at": WHEN, "expires_at": WHEN + timedelta(seconds=90)}
    seen = frozenset({measures.frames[3].sha256})
    verdict = judge_face(measures, booth.prompts, FacePolicy(), **times, seen_sha256=seen)
    assert verdict.outcome is Outcome.REJECTED and codes(verdict) == {"frame_reused"}
    again = {name: attacks.with_exif(data) for name, data in files.items()}  # Decoded and encoded once more.
    recoded = booth.measure(again, files["reference"])
    prints = [frame.fingerprint for frame in measures.frames if frame.fingerprint]
    verdict = judge_face(recoded, booth.prompts, FacePolicy(), **times, seen_fingerprints=prints)
    assert verdict.outcome is Outcome.NEEDS_REVIEW and codes(verdict) == {"frame_resembles_earlier"}


def test_a_later_shot_of_the_same_scene_is_not_taken_for_a_copy(booth: Booth, people: list[Files]) -> None:
    from tools.portraits.frames import taken_again

    first = booth.measure(people[0], people[0]["reference"])
    later = booth.measure(taken_again(people[0], 4), people[0]["reference"])
    prints = [frame.fingerprint for frame in first.frames if frame.fingerprint]
    verdict = judge_face(
        later,
        booth.prompts,
        FacePolicy(),
        issued_at=WHEN,
        expires_at=WHEN + timedelta(seconds=90),
        seen_fingerprints=prints,
    )
    assert "frame_resembles_earlier" not in codes(verdict)


def test_frames_received_after_the_challenge_are_refused(booth: Booth, people: list[Files]) -> None:
    measures = booth.measure(people[0], people[0]["reference"])
    late = replace(
        measures,
        frames=tuple(replace(f, received_at=WHEN + timedelta(minutes=10)) for f in measures.frames),
    )
    assert codes(booth.judge(late)) == {"outside_challenge"}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"", "empty_file"),
        (b"\xff\xd8\xff\xe0", "truncated"),
        (attacks.no_face(), "no_face"),
        (attacks.many_pixels(40), "too_many_pixels"),
    ],
    ids=["empty", "truncated", "wall", "bomb"],
)
def test_a_bad_file_is_a_measured_refusal(booth: Booth, people: list[Files], bad: bytes, code: str) -> None:
    verdict = booth.verdict(people[0] | {"blink_1": bad}, people[0]["reference"])
    assert verdict.outcome is Outcome.REJECTED and code in codes(verdict)


def test_every_kind_of_bad_file_is_measured_and_none_raises(booth: Booth, people: list[Files]) -> None:
    front, other = people[0]["front"], people[1]["front"]
    bad = {
        "truncated": attacks.truncated(front),
        "unreadable": attacks.corrupted(front),
        "unsupported_format": attacks.as_gif(front),
        "several_faces": attacks.two_faces(front, other),
        "no_face": attacks.no_face(),
    }
    frames = [FrameIn(1, seq, data, WHEN) for seq, data in enumerate(bad.values())]
    measures = measure_frames(booth.engine, frames, None)
    found = [frame.refusal.code if frame.refusal else None for frame in measures.frames]
    assert found[0] == "truncated" and found[2:] == ["unsupported_format", "several_faces", "no_face"]
    assert found[1] in ("unreadable", "truncated", "no_face")  # Noise after a JPEG head may even decode.
    assert measures.embedding is None and measures.pairs == ()


def test_no_frames_measure_nothing_and_are_refused(booth: Booth) -> None:
    measures = measure_frames(booth.engine, [], None)
    assert measures.frames == () and booth.judge(measures).outcome is Outcome.REJECTED


def test_an_engine_that_fails_gives_no_verdict(booth: Booth, people: list[Files]) -> None:
    class Broken:
        model_id, dimensions = "broken", 128

        def __getattr__(self, name: str) -> object:
            raise RuntimeError("no engine")

    with pytest.raises(RuntimeError, match="no engine"):
        measure_frames(Broken(), as_frames(people[0], booth.prompts), None)  # type: ignore[arg-type]


def test_a_reference_of_another_model_is_never_compared(booth: Booth, people: list[Files]) -> None:
    reference = replace(booth.reference(people[0]["reference"]), model_id="another")
    measures = measure_frames(booth.engine, as_frames(people[0], booth.prompts), reference)
    assert all(frame.face is None or frame.face.distance is None for frame in measures.frames)
    assert codes(booth.judge(measures)) == {"reference_model_differs"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda i: i // 6, "too_dark"),
        (lambda i: 255 - (255 - i) // 6, "too_bright"),
        (lambda i: i // 8 + 110, "low_contrast"),
    ],
    ids=["dark", "bright", "grey"],
)
def test_poor_light_is_named(booth: Booth, people: list[Files], change: object, code: str) -> None:
    import numpy as np

    from tools.portraits.frames import jpeg
    from verify_api.faces.images import open_image

    image = open_image(people[0]["front"]).astype(np.int32)
    spoiled = jpeg(change(image).astype(np.uint8))  # type: ignore[operator]
    verdict = booth.verdict(people[0] | {"front": spoiled}, people[0]["reference"])
    assert verdict.outcome is Outcome.REJECTED and {code, "no_face"} & codes(verdict)


def test_blur_and_a_face_cut_by_the_border_are_named(booth: Booth, people: list[Files]) -> None:
    import cv2
    import numpy as np

    from tools.portraits.frames import jpeg
    from verify_api.faces.images import open_image

    image = open_image(people[0]["front"])
    blurred = jpeg(np.asarray(cv2.GaussianBlur(image, (0, 0), 9), np.uint8))
    assert "blurred" in codes(booth.verdict(people[0] | {"front": blurred}, people[0]["reference"]))
    cut = jpeg(np.ascontiguousarray(image[:, image.shape[1] * 9 // 20 :]))
    assert {"face_cut", "no_face"} & codes(booth.verdict(people[0] | {"front": cut}, people[0]["reference"]))
