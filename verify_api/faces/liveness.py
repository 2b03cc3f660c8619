"""Did a living person answer this very challenge? Pure rules over measured figures.

The checks follow the movement asked for and, for each, ask whether a flat picture moved about could have
shown the same. They stop printed and replayed stills. They do not stop a live deep-fake fed in place of the
camera.
"""

from collections.abc import Mapping, Sequence

from registry.errors import Reason
from verify_api.faces import quality
from verify_api.faces.measured import FaceMeasures, FrameMeasures, PairFigures
from verify_api.faces.policy import FacePolicy

Found = list[Reason]
Indexed = list[tuple[int, FrameMeasures]]

IDENTICAL = Reason("frames_identical", "不同动作提交了同一张照片", "请按提示现场完成每个动作")
MIRRORED = Reason("frames_mirrored", "有照片是另一张照片的镜像", "请关闭镜像后现场拍摄，不要翻转已有照片")
STILL = Reason("flat_still", "动作像是由一张平面照片变形得到的", "请本人在镜头前完成动作，不要使用照片或屏幕")
OTHERS = Reason("several_persons", "各张照片不是同一个人", "请由同一人完成全部动作")
PERHAPS_OTHERS = Reason("persons_uncertain", "无法确定各张照片是否为同一人", "将由工作人员复核")
TOO_FEW = Reason("too_few_frames", "动作的照片张数不足", "请按提示完整做完动作后再提交")
NO_BLINK = Reason("blink_not_seen", "没有看到眨眼动作", "请看着镜头，缓慢地闭眼再睁开")
NO_TURN = Reason("turn_not_seen", "没有看到转头动作", "请把头转动约三十度，眼睛仍在画面内")
WRONG_TURN = Reason("turn_wrong_way", "转头方向与提示相反", "请向提示的一侧转头；如相机开启了镜像，请关闭")
NO_MOUTH = Reason("mouth_not_seen", "没有看到张嘴动作", "请张大嘴再合上")

MIN_FRAMES = {"front": 1, "turn_left": 1, "turn_right": 1, "blink": 3, "open_mouth": 3}


def failures(measures: FaceMeasures, asks: Mapping[int, str], policy: FacePolicy) -> Found:
    """Reasons to refuse. `asks` maps prompt numbers to what was asked."""
    found = [*_copies(measures.pairs, policy)]
    if not _pairs_complete(measures):
        found.append(Reason("not_comparable", "照片之间无法比较", "请重新拍摄"))
    front = _best_front(measures.frames, asks, policy)
    apart = front is not None and any(not d <= policy.review for d in _to(front[0], measures))
    if apart and policy.is_for(measures.model_id):  # Else the limit means nothing, and staff will look.
        found.append(OTHERS)
    for n, ask in asks.items():
        frames = sorted(
            (
                (i, frame)
                for i, frame in enumerate(measures.frames)
                if frame.n == n and frame.face is not None
            ),
            key=lambda item: item[1].seq,
        )
        found += _answer(ask, frames, front, measures, policy)
    return found


def doubts(measures: FaceMeasures, asks: Mapping[int, str], policy: FacePolicy) -> Found:
    """Reasons to ask staff: frames that are neither surely one person nor surely two."""
    front = _best_front(measures.frames, asks, policy)
    unsure = front is not None and any(
        policy.same_person < d <= policy.review for d in _to(front[0], measures)
    )
    return [PERHAPS_OTHERS] if unsure else []


def _to(index: int, measures: FaceMeasures) -> list[float]:
    """Distances of all other frames to this one. Two opposite turns are not compared with each other: they
    lie too far apart for any recognition network, while each must agree with the front view."""
    return [pair.distance for pair in measures.pairs if index in (pair.a, pair.b)]


def _pairs_complete(measures: FaceMeasures) -> bool:
    """Every two frames with a face have been compared; a missing comparison must not pass as harmony."""
    shown = [i for i, frame in enumerate(measures.frames) if frame.face is not None]
    wanted = {(a, b) for k, a in enumerate(shown) for b in shown[k + 1 :]}
    return wanted <= {(pair.a, pair.b) for pair in measures.pairs}


def _copies(pairs: Sequence[PairFigures], policy: FacePolicy) -> Found:
    found = []
    if any(not pair.difference > policy.same_picture for pair in pairs):
        found.append(IDENTICAL)
    if any(not pair.mirror_likeness < policy.mirror_likeness for pair in pairs):
        found.append(MIRRORED)
    return found


def _best_front(
    frames: Sequence[FrameMeasures], asks: Mapping[int, str], policy: FacePolicy
) -> tuple[int, FrameMeasures] | None:
    """The most frontal good frame that answers the front prompt: the measure for the other prompts."""
    fronts = [
        (i, frame)
        for i, frame in enumerate(frames)
        if asks.get(frame.n) == "front" and frame in quality.good_frames([frame], policy)
    ]
    return min(fronts, key=lambda item: abs(item[1].face.yaw) if item[1].face else 0.0, default=None)


def _answer(
    ask: str,
    frames: Indexed,
    front: tuple[int, FrameMeasures] | None,
    measures: FaceMeasures,
    policy: FacePolicy,
) -> Found:
    if len(frames) < MIN_FRAMES.get(ask, 1):
        return [TOO_FEW]
    if ask == "front":
        return []  # Its quality is judged with the other frames; there is no movement to check.
    if front is None or front[1].face is None:
        return [Reason("front_missing", "没有合格的正面照片，无法判断动作", "请正对镜头重新拍摄")]
    match ask:
        case "turn_left":
            return _turn(frames, front, measures, policy, sign=1)
        case "turn_right":
            return _turn(frames, front, measures, policy, sign=-1)
        case "blink":
            return _blink(frames, front, measures, policy)
        case "open_mouth":
            return _mouth(frames, front, measures, policy)
        case _:
            return [Reason("challenge_unknown", "动作要求无法识别", "请重新开始打卡")]


def _between(measures: FaceMeasures, one: int, other: int) -> PairFigures | None:
    wanted = (min(one, other), max(one, other))
    return next((pair for pair in measures.pairs if (pair.a, pair.b) == wanted), None)


def _turn(
    frames: Indexed,
    front: tuple[int, FrameMeasures],
    measures: FaceMeasures,
    policy: FacePolicy,
    *,
    sign: int,
) -> Found:
    """The yaw differs from the front frame's in the asked direction, and the face has depth."""
    assert front[1].face is not None
    straight = front[1].face.yaw
    turns = [(i, sign * (frame.face.yaw - straight)) for i, frame in frames if frame.face is not None]
    asked = [(i, turn) for i, turn in turns if policy.min_turn <= turn <= policy.max_turn]
    if not asked:
        wrong = any(turn <= -policy.min_turn for _, turn in turns)
        return [WRONG_TURN if wrong else NO_TURN]
    index, best = max(asked, key=lambda item: item[1])
    pair = _between(measures, front[0], index)
    if pair is not None and pair.depth_residual >= policy.min_depth_residual:
        return []
    # A living head turned by less shows as little depth as a picture does: ask for more, accuse nobody.
    return [STILL if best >= policy.clear_turn else NO_TURN]


def _blink(
    frames: Indexed, front: tuple[int, FrameMeasures], measures: FaceMeasures, policy: FacePolicy
) -> Found:
    """Open, closed, open again, relative to this person's own open eyes; both eyes take part."""
    open_face = front[1].face
    assert open_face is not None
    lids = [(i, frame.face) for i, frame in frames if frame.face is not None]
    closed = min(range(len(lids)), key=lambda k: lids[k][1].eyes)
    index, face = lids[closed]
    shut = (
        face.eyes <= policy.eyes_closed_ratio * open_face.eyes
        and face.eye_left <= policy.each_eye_ratio * open_face.eye_left
        and face.eye_right <= policy.each_eye_ratio * open_face.eye_right
    )
    opened = policy.eyes_open_ratio * open_face.eyes
    before = any(other.eyes >= opened for _, other in lids[:closed])
    after = any(other.eyes >= opened for _, other in lids[closed + 1 :])
    if not (shut and before and after):
        return [NO_BLINK]
    pair = _between(measures, front[0], index)
    if pair is None or pair.stretch > policy.max_stretch or pair.eyes_residual < policy.min_eyes_residual:
        return [STILL]
    return []


def _mouth(
    frames: Indexed, front: tuple[int, FrameMeasures], measures: FaceMeasures, policy: FacePolicy
) -> Found:
    """The inner lips part clearly and come together again."""
    assert front[1].face is not None
    mouths = [(i, frame.face.mouth) for i, frame in frames if frame.face is not None]
    widest = max(range(len(mouths)), key=lambda k: mouths[k][1])
    index, top = mouths[widest]
    rest = min(front[1].face.mouth, *(mouth for _, mouth in mouths))
    half = rest + policy.mouth_fall_ratio * (top - rest)
    before = any(mouth <= half for _, mouth in mouths[:widest])
    after = any(mouth <= half for _, mouth in mouths[widest + 1 :])
    if not (top - rest >= policy.mouth_rise and before and after):
        return [NO_MOUTH]
    pair = _between(measures, front[0], index)
    if pair is None or pair.stretch > policy.max_stretch or pair.mouth_residual < policy.min_mouth_residual:
        return [STILL]
    return []
