"""What the rules demand of every firm, written down by hand from DOMAIN §0 and A.1. Nothing here is computed.

`path` are the states in order, `ended` the day of the last one. `documents` are the kinds of notice issued.
`told_upstream` is what must have flowed back, per item in order. `marks` are states at moments of the story.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Expected:
    """One firm's lawful end."""

    path: str
    ended: str
    documents: tuple[str, ...] = ()
    told_upstream: tuple[str, ...] = ()
    marks: dict[str, str] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """The last state of the path."""
        return self.path.split()[-1]


def _passed(ended: str) -> Expected:
    return Expected("OPEN SUBMITTED CHECKING_IN PASSED", ended)


def _stock_passed(ended: str) -> Expected:
    return Expected("NOTIFYING OPEN SUBMITTED CHECKING_IN PASSED", ended)


TOLD: dict[str, Expected] = {
    # SZ-15 … SZ-30c: initiated in ten months, all checked in within the month.
    "pass": _passed("2025-03-11"),
    # SZ-30d: issued 2024-12-20, ten months end 2025-10-20 (Monday); valid to 2025-12-19, no roll (T-03).
    "never": Expected(
        "OPEN AWAITING_LAPSE LAPSED",
        "2025-12-20",
        ("资质到期失效告知书",),
        ("lapsed",),
        {"最后一天": "OPEN", "次日": "AWAITING_LAPSE", "证书最后一天": "AWAITING_LAPSE"},
    ),
    # Approved 2025-05-14; 06-14 is a Saturday → 06-16. Valid to 2026-01-02, a holiday, which does not roll.
    "partly": Expected(
        "OPEN SUBMITTED CHECKING_IN AWAITING_LAPSE LAPSED",
        "2026-01-03",
        ("资质到期失效告知书",),
        ("lapsed",),
        {"顺延后最后一天": "CHECKING_IN"},
    ),
    # Issued 2024-12-01: 2025-10-01 falls into the holiday and rolls to 10-09; handed in at 23:40 that day.
    "rolled": _passed("2025-10-27"),
    # §0: items of one certificate and day share a case; one person may serve both (SZ-23).
    "bundle": _passed("2025-03-10"),
    "refused": Expected(
        "OPEN SUBMITTED CHECKING_IN PASSED",
        "2025-03-26",
        refusals=(
            "未单独同意：consent_required",
            "900米外：outside_fence",
            "坐标系报错：wrong_datum_suspected",
            "精度5000米：accuracy_too_low",
            "一小时前的定位：position_too_old",
            "冒名顶替：face_differs",
            "重放旧照片：frame_reused",
            "重用口令：challenge_expired",
            "外单位人员：not_selected",
            "重复打卡：already_accepted",
        ),
    ),
    # SZ-21: no safety permit, so all that the standard asks for.
    "unlicensed": Expected(
        "OPEN SUBMITTED CHECKING_IN PASSED", "2025-04-22", refusals=("名单不足：list_insufficient",)
    ),
    "stock-pass": _stock_passed("2025-04-08"),
    # SZ-32 … SZ-36, MO-13: served 2025-04-07 → 05-07; notice and mark; all checked in, mark lifted.
    "rectified": Expected(
        "NOTIFYING OPEN RECTIFYING RECTIFICATION_SUBMITTED RECHECKING_IN RECTIFIED",
        "2025-06-10",
        ("责令整改通知书",),
        ("abnormal_set", "abnormal_lifted"),
        {"最后一天": "OPEN", "逾期次日": "RECTIFYING"},
    ),
    # SZ-37: served 2025-07-10 → 08-10 is a Sunday → 08-11; revoked on the 12th.
    "revoked": Expected(
        "NOTIFYING OPEN RECTIFYING REVOKED",
        "2025-08-12",
        ("责令整改通知书", "撤回决定书"),
        ("abnormal_set", "withdrawn"),
        {"逾期次日": "RECTIFYING", "整改最后一天": "RECTIFYING"},
    ),
    # SZ-30c and SZ-37 want all on the list; two items, so everything is told twice.
    "half-revoked": Expected(
        "NOTIFYING OPEN SUBMITTED CHECKING_IN RECTIFYING RECTIFICATION_SUBMITTED RECHECKING_IN REVOKED",
        "2025-10-18",
        ("责令整改通知书", "撤回决定书"),
        ("abnormal_set", "withdrawn", "abnormal_set", "withdrawn"),
        {"逾期次日": "RECTIFYING", "整改最后一天": "RECHECKING_IN"},
    ),
    # SZ-29, SZ-33: rejected with an opinion, resubmitted within ten natural days.
    "resubmitted": Expected("NOTIFYING OPEN SUBMITTED REJECTED SUBMITTED CHECKING_IN PASSED", "2025-06-16"),
    # SZ-32: no receipt, no clock; service by other means starts it.
    "unreachable": Expected(
        "NOTIFYING OPEN SUBMITTED CHECKING_IN PASSED", "2025-10-20", marks={"无回执": "NOTIFYING"}
    ),
    # §0 guard (e): nothing adverse while an officer holds; afterwards the step follows by itself.
    "held": Expected(
        "NOTIFYING OPEN RECTIFYING RECTIFICATION_SUBMITTED RECHECKING_IN RECTIFIED",
        "2025-08-05",
        ("责令整改通知书",),
        ("abnormal_set", "abnormal_lifted"),
        {"暂缓中": "OPEN"},
    ),
    # T-03: 2026-02-16 lies in the Spring Festival → 02-24.
    "spring": _stock_passed("2026-03-10"),
    # §0 moment of a check-in: received 23:59:59 on the last day, judged after midnight.
    "midnight": Expected(
        "NOTIFYING OPEN SUBMITTED CHECKING_IN PASSED", "2025-11-25", marks={"零点已过": "CHECKING_IN"}
    ),
    # Still under way when the curtain falls.
    "live-checkin": Expected("NOTIFYING OPEN SUBMITTED CHECKING_IN", "2026-06-18"),
    "live-review": Expected("NOTIFYING OPEN SUBMITTED", "2026-06-25"),
    # Served 2026-05-25 → 06-25 (Thursday); the report is due on 07-26, a Sunday, so after the end.
    "live-board": Expected(
        "NOTIFYING OPEN RECTIFYING",
        "2026-06-26",
        ("责令整改通知书",),
        ("abnormal_set",),
        {"逾期次日": "RECTIFYING"},
    ),
    "cancelled": Expected("NOTIFYING OPEN CANCELLED", "2025-11-10"),
}

# Firms that do what they should. Odd ones FIRST, even ones STOCK; four to a wave.
_WAVE_ENDS = ("2025-02-18", "2025-03-13", "2025-05-13")


def expected_of(key: str) -> Expected:
    """The lawful end of the firm of that key."""
    if not key.startswith("crowd-"):
        return TOLD[key]
    n = int(key.removeprefix("crowd-")) - 1
    ended = _WAVE_ENDS[n // 4]
    return _passed(ended) if n % 2 else _stock_passed(ended)
