"""From measures to a verdict: challenge × liveness × match × place × time. Pure; nothing falls open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.errors import Reason
from verify_api.checkins.models import AttemptState
from verify_api.faces.rules import FaceVerdict, Outcome

PLACE_UNPROVEN = Reason("place_unproven", "打卡位置没有得到证实", "请到企业注册地址重新打卡")
LIST_CHANGED = Reason("list_no_longer_valid", "打卡名单已被撤销或更换", "请联系本单位的企业联系人")
ALREADY = Reason("already_accepted", "您已完成本次打卡，无需重复打卡")
NO_CONSENT = Reason(
    "consent_withdrawn",
    "您已撤回人脸识别同意，本次打卡没有核验人脸",
    "可到窗口由两名工作人员现场核验，效力相同；或重新同意后再打卡",
)
UNSEARCHED = Reason("identity_unsearched", "无法检索该人脸是否登记在其他身份名下", "将由工作人员复核")
LATE = Reason("window_closed", "提交时打卡时间已经结束")


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the case says at the moment of the verdict."""

    is_list_standing: bool
    may_check_in: bool
    is_accepted: bool
    received_in_time: bool
    has_consent: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of an attempt, with its reasons."""

    state: AttemptState
    reasons: tuple[Reason, ...]


def decide(
    face: FaceVerdict, place: Mapping[str, Any] | None, facts: CaseFacts, *, is_searched: bool
) -> Verdict:
    """Accepted only if every part says yes; a doubt of the face goes to staff, anything else refuses.

    `is_searched`: whether one face under two names could be looked for at all. If it could not, staff do.
    Without consent nothing is said about the face: it must not be processed (个人信息保护法 15).
    """
    if not facts.has_consent:
        return Verdict(AttemptState.REJECTED, (NO_CONSENT,))
    refused = [
        reason
        for reason, stands in (
            (LIST_CHANGED, not (facts.is_list_standing and facts.may_check_in)),
            (LATE, not facts.received_in_time),
            (ALREADY, facts.is_accepted),
            (PLACE_UNPROVEN, not place or place.get("verdict") != "inside"),
        )
        if stands
    ]
    if refused or face.outcome is Outcome.REJECTED:
        return Verdict(AttemptState.REJECTED, (*refused, *face.reasons))
    doubts = face.reasons if is_searched else (*face.reasons, UNSEARCHED)
    if face.outcome is Outcome.ACCEPTED and not doubts:
        return Verdict(AttemptState.ACCEPTED, ())
    return Verdict(AttemptState.NEEDS_REVIEW, doubts)
