"""Is a frame good enough to be judged? Pure rules over measured figures, one code and hint per fault."""

from collections.abc import Iterable, Sequence

from registry.errors import Reason
from verify_api.faces.measured import FaceFigures, FrameMeasures
from verify_api.faces.policy import FacePolicy

SIZE = Reason("face_too_small", "人脸在画面中太小", "请靠近镜头，让脸占画面三分之一以上")
CUT = Reason("face_cut", "人脸超出画面边缘", "请把整张脸放在取景框内")
DARK = Reason("too_dark", "照片太暗", "请到光线充足处，避免背光")
BRIGHT = Reason("too_bright", "照片过亮", "请避开强光直射")
FLAT = Reason("low_contrast", "照片发灰、对比度不足", "请擦拭镜头并换到光线均匀处")
BLUR = Reason("blurred", "照片模糊", "请擦拭镜头，拿稳手机后再拍")
ANGLE = Reason("not_frontal", "没有正对镜头", "请正对镜头，不要仰头、低头或歪头")
CLOSED = Reason("eyes_closed", "正面照片中眼睛没有睁开", "请睁眼平视镜头；戴帽或反光眼镜请取下")


def faults(face: FaceFigures, policy: FacePolicy) -> list[Reason]:
    """Faults that spoil any frame. A figure that is not a number fails its check."""
    checks = (
        (face.height_px >= policy.min_face_px, SIZE),
        (face.inside >= policy.min_inside, CUT),
        (face.brightness >= policy.dark, DARK),
        (face.brightness <= policy.bright, BRIGHT),
        (face.contrast >= policy.min_contrast, FLAT),
        (face.sharpness >= policy.min_sharpness, BLUR),
    )
    return [reason for passed, reason in checks if not passed]


def front_faults(face: FaceFigures, policy: FacePolicy) -> list[Reason]:
    """Faults of a frame that is to be compared with the reference."""
    facing = (
        abs(face.yaw) <= policy.max_yaw
        and abs(face.pitch) <= policy.max_pitch
        and abs(face.roll) <= policy.max_roll
    )
    found = faults(face, policy)
    if not facing:
        found.append(ANGLE)
    if not face.eyes >= policy.min_eyes_open:
        found.append(CLOSED)
    return found


def good_frames(frames: Iterable[FrameMeasures], policy: FacePolicy) -> list[FrameMeasures]:
    """Frames of any prompt that show one whole, sharp, frontal face with open eyes."""
    return [
        frame
        for frame in frames
        if frame.refusal is None and frame.face is not None and not front_faults(frame.face, policy)
    ]


def unusable(
    frames: Sequence[FrameMeasures], front_numbers: frozenset[int], policy: FacePolicy
) -> list[Reason]:
    """Reasons against the attempt: a frame without a measurable face, or no good frame for the front prompt.

    The front prompt needs one good frame. Frames of a movement may be imperfect in passing, but a frame that
    shows nobody or several people is never ignored.
    """
    reasons = [frame.refusal for frame in frames if frame.refusal is not None]
    reasons += [reason for frame in frames if frame.face for reason in faults(frame.face, policy)]
    fronts = [frame for frame in frames if frame.n in front_numbers and frame.face is not None]
    if fronts and not good_frames(fronts, policy):
        reasons += [reason for frame in fronts if frame.face for reason in front_faults(frame.face, policy)]
    return reasons


def risks(frames: Iterable[FrameMeasures], policy: FacePolicy) -> tuple[Reason, ...]:
    """Passive signals for staff. Such heuristics err both ways, so they decide nothing."""
    found: dict[str, Reason] = {}
    for face in (frame.face for frame in frames if frame.face is not None):
        if face.moire > policy.moire_risk:
            found["moire"] = Reason("risk_moire", "画面有规则条纹，疑似翻拍屏幕")
        if face.screen_border > policy.screen_border_risk:
            found["border"] = Reason("risk_screen_border", "人脸外侧有矩形边框，疑似翻拍照片或屏幕")
        if face.flatness > policy.flatness_risk:
            found["flat"] = Reason("risk_flat", "面部光影过于平坦，疑似翻拍")
    return tuple(found.values())
