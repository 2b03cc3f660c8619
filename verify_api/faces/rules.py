"""From measured frames to a verdict: pure rules over plain figures.

Every path that ends in "accepted" needs a figure that was measured, finite and inside its band. Anything
missing is a reason of its own, and a reason never vanishes.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from registry.errors import Reason
from verify_api.faces import liveness, quality
from verify_api.faces.bands import Band, band_of, fuse
from verify_api.faces.measured import FaceFigures, FaceMeasures, FrameMeasures, PairFigures
from verify_api.faces.policy import FacePolicy

__all__ = ["Ask", "FacePolicy", "FaceVerdict", "Outcome", "Prompt", "Reason", "choose_prompts", "judge_face"]


class Ask(StrEnum):
    """What the person is asked to do in front of the camera."""

    FRONT = "front"
    BLINK = "blink"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    OPEN_MOUTH = "open_mouth"


class Outcome(StrEnum):
    """The three ends of a face check."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NEEDS_REVIEW = "needs_review"


SAY = {
    Ask.FRONT: "请正对镜头，睁眼平视",
    Ask.BLINK: "请眨眼：睁开、闭上、再睁开",
    Ask.TURN_LEFT: "请向您的左侧慢慢转头",
    Ask.TURN_RIGHT: "请向您的右侧慢慢转头",
    Ask.OPEN_MOUTH: "请张嘴再合上",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One step of the challenge, numbered from 1; `say` is what the phone shows."""

    n: int
    ask: Ask
    say: str


@dataclass(frozen=True, slots=True)
class FaceVerdict:
    """The verdict and everything it rests on.

    `distance` is the fused distance to the reference over `good_frames` frames, None where it could not be
    measured. `risks` are signals for staff that never decide anything by themselves.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    distance: float | None
    good_frames: int
    model_id: str
    risks: tuple[Reason, ...] = ()


def choose_prompts(rng: random.Random, *, actions: int = 2) -> tuple[Prompt, ...]:
    """Front plus `actions` (1 or 2) movements in random order; use `random.SystemRandom()` outside tests.

    Both turns may occur together: their opposite signs are hard to answer from one picture.
    """
    if actions not in (1, 2):
        raise ValueError("a challenge has one or two movements beside the front view")
    asks = [Ask.FRONT, *rng.sample([ask for ask in Ask if ask is not Ask.FRONT], actions)]
    rng.shuffle(asks)
    return tuple(Prompt(n, ask, SAY[ask]) for n, ask in enumerate(asks, start=1))


def judge_face(
    measures: FaceMeasures,
    prompts: Sequence[Prompt],
    policy: FacePolicy,
    *,
    issued_at: datetime,
    expires_at: datetime,
    seen_sha256: frozenset[str] = frozenset(),
    seen_fingerprints: Iterable[str] = (),
) -> FaceVerdict:
    """Judge one attempt: challenge × quality × liveness × one person × match with the reference.

    `issued_at` ≤ receipt < `expires_at` must hold for every frame. `seen_*` come from earlier attempts (of
    anybody): the very same file is refused, a picture that can hardly be told apart from an earlier one goes
    to staff.
    """
    asks = {prompt.n: prompt.ask.value for prompt in prompts}
    refusals = [
        *_window(measures.frames, issued_at=issued_at, expires_at=expires_at),
        *_reused(measures.frames, seen_sha256),
        *_answered(measures.frames, prompts),
        *_measurable(measures),
        *quality.unusable(measures.frames, _front_numbers(prompts), policy),
        *liveness.failures(measures, asks, policy),
    ]
    doubts = [
        *_older_capture(measures.frames, issued_at=issued_at, policy=policy),
        *_resembles(measures.frames, tuple(seen_fingerprints), policy),
        *liveness.doubts(measures, asks, policy),
    ]
    good = quality.good_frames(measures.frames, policy)
    distance = fuse([frame.face.distance for frame in good if frame.face is not None])
    refusal, doubt = _match(measures, distance, policy)
    refusals += refusal
    doubts += doubt
    outcome = Outcome.REJECTED if refusals else Outcome.NEEDS_REVIEW if doubts else Outcome.ACCEPTED
    return FaceVerdict(
        outcome,
        _once([*refusals, *doubts]),
        distance,
        len(good),
        measures.model_id,
        quality.risks(measures.frames, policy),
    )


def _front_numbers(prompts: Sequence[Prompt]) -> frozenset[int]:
    return frozenset(prompt.n for prompt in prompts if prompt.ask is Ask.FRONT)


def _once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The first reason of each code, in order."""
    return tuple({reason.code: reason for reason in reversed(list(reasons))}.values())[::-1]


def _window(frames: Sequence[FrameMeasures], *, issued_at: datetime, expires_at: datetime) -> list[Reason]:
    if all(issued_at <= frame.received_at < expires_at for frame in frames):
        return []
    return [
        Reason(
            "outside_challenge",
            "有照片不是在本次核验的有效时间内收到的",
            "请重新开始打卡，并在倒计时内完成拍摄",
        )
    ]


def _reused(frames: Sequence[FrameMeasures], seen: frozenset[str]) -> list[Reason]:
    if not any(frame.sha256 in seen for frame in frames):
        return []
    return [Reason("frame_reused", "照片与此前提交过的照片完全相同", "请现场重新拍摄，不要使用已有照片")]


def _answered(frames: Sequence[FrameMeasures], prompts: Sequence[Prompt]) -> list[Reason]:
    """Every prompt needs frames, every frame a prompt and a face or a reason, and no place is taken twice."""
    if not prompts or not any(prompt.ask is Ask.FRONT for prompt in prompts):
        return [Reason("challenge_missing", "本次核验没有有效的动作要求", "请重新开始打卡")]
    if not frames:
        return [Reason("no_frames", "没有收到照片", "请重新开始打卡并按提示拍摄")]
    asked, answered = {prompt.n for prompt in prompts}, {frame.n for frame in frames}
    reasons = []
    if asked - answered:
        reasons.append(Reason("prompt_missing", "有的动作没有拍到照片", "请按提示完成全部动作"))
    if answered - asked or len({(frame.n, frame.seq) for frame in frames}) < len(frames):
        reasons.append(Reason("frames_unexpected", "收到的照片与动作要求不对应", "请重新开始打卡"))
    if any(frame.face is None and frame.refusal is None for frame in frames):
        reasons.append(Reason("not_measurable", "照片的测量结果无效", "请重新拍摄"))
    return reasons


def _measurable(measures: FaceMeasures) -> list[Reason]:
    """Every figure must be a number: a comparison with NaN or infinity would pass on one of its sides."""
    faces = [frame.face for frame in measures.frames if frame.face is not None]
    items: list[FaceFigures | PairFigures] = [*faces, *measures.pairs]
    figures = [value for item in items for value in astuple(item) if value is not None]
    if all(math.isfinite(value) for value in figures):
        return []
    return [Reason("not_measurable", "照片的测量结果无效", "请重新拍摄")]


def _older_capture(
    frames: Sequence[FrameMeasures], *, issued_at: datetime, policy: FacePolicy
) -> list[Reason]:
    earliest = issued_at - timedelta(seconds=policy.capture_skew_s)
    if not any(frame.captured_at is not None and frame.captured_at < earliest for frame in frames):
        return []
    return [
        Reason(
            "captured_earlier", "照片自带的拍摄时间早于本次核验", "请校准手机时间后重新拍摄；将由工作人员复核"
        )
    ]


def _resembles(frames: Sequence[FrameMeasures], seen: tuple[str, ...], policy: FacePolicy) -> list[Reason]:
    prints = [int(frame.fingerprint, 16) for frame in frames if frame.fingerprint]
    old = [int(fingerprint, 16) for fingerprint in seen]
    if not any((new ^ was).bit_count() <= policy.fingerprint_bits for new in prints for was in old):
        return []
    return [Reason("frame_resembles_earlier", "照片与此前提交过的照片几乎相同", "将由工作人员复核")]


def _match(
    measures: FaceMeasures, distance: float | None, policy: FacePolicy
) -> tuple[list[Reason], list[Reason]]:
    """(refusals, doubts) of the comparison with the reference."""
    if measures.reference_model_id is None:
        return [], [
            Reason("reference_missing", "尚无可比对的登记照片", "将由工作人员复核；请联系单位补登照片")
        ]
    if measures.reference_model_id != measures.model_id:
        return [], [
            Reason("reference_model_differs", "登记照片是用另一识别模型提取的，无法比对", "将由工作人员复核")
        ]
    if not policy.is_for(measures.model_id):
        return [], [
            Reason("model_not_calibrated", "现用识别模型尚未标定阈值，系统不作判断", "将由工作人员复核")
        ]
    match band_of(distance, policy):
        case Band.ACCEPT:
            return [], []
        case Band.REVIEW:
            return [], [Reason("face_uncertain", "系统无法确定是否为本人", "将由工作人员比对照片后答复")]
        case Band.REFUSE:
            return [
                Reason(
                    "face_differs", "照片与登记照片不是同一人", "请本人打卡；如登记照片有误，请联系单位更换"
                )
            ], []
        case Band.UNKNOWN:
            return [], [
                Reason("not_measurable", "没有可用于比对的正面照片", "请正对镜头、光线充足时重新拍摄")
            ]
