"""The state table of DOMAIN A.1.1 and §0, and what may be done in each state.

撤回 (REVOKED) and 到期自动失效 (LAPSED) are two ends with different remedies and never meet: the FIRST track
has no rectification and no 撤回, the STOCK track never lapses.
"""

from enum import StrEnum


class Track(StrEnum):
    """首次（告知承诺制） or 存量（日常核查）, SZ-01."""

    FIRST = "FIRST"
    STOCK = "STOCK"


class State(StrEnum):
    """Where a case stands. Pauses and holds are facts beside it, not states."""

    NOTIFYING = "NOTIFYING"
    OPEN = "OPEN"
    SUBMITTED = "SUBMITTED"
    REJECTED = "REJECTED"
    CHECKING_IN = "CHECKING_IN"
    PASSED = "PASSED"
    AWAITING_LAPSE = "AWAITING_LAPSE"
    LAPSED = "LAPSED"
    RECTIFYING = "RECTIFYING"
    RECTIFICATION_SUBMITTED = "RECTIFICATION_SUBMITTED"
    RECTIFICATION_REJECTED = "RECTIFICATION_REJECTED"
    RECHECKING_IN = "RECHECKING_IN"
    RECTIFIED = "RECTIFIED"
    REVOCATION_PROPOSED = "REVOCATION_PROPOSED"
    REVOKED = "REVOKED"
    NOT_REVOKED = "NOT_REVOKED"
    CANCELLED = "CANCELLED"


class Event(StrEnum):
    """What moves a case."""

    SERVED = "served"  # 核查短信送达, or service by other means
    SUBMITTED = "submitted"
    WITHDRAWN_FIRST = "withdrawn_first"  # nothing had been reviewed before
    WITHDRAWN_LATER = "withdrawn_later"  # after an earlier rejection
    REJECTED = "rejected"
    APPROVED = "approved"
    ALL_CHECKED_IN = "all_checked_in"
    MISSED = "missed"  # a deadline passed and no guard holds
    EXPIRED = "expired"  # the certificate's last day passed
    CHECKIN_VOIDED = "checkin_voided"  # 打卡不合格
    CHECKIN_RESTORED = "checkin_restored"  # 撤销打卡不合格认定
    APPROVAL_VOIDED = "approval_voided"
    PROPOSED = "proposed"  # revocation.mode = decision
    DECIDED_REVOKE = "decided_revoke"
    DECIDED_KEEP = "decided_keep"
    REOPENED = "reopened"
    NOTICE_RESCINDED = "notice_rescinded"
    DECISION_RESCINDED = "decision_rescinded"
    CANCELLED = "cancelled"


S, E = State, Event

COMMON: dict[tuple[State, Event], State] = {
    (S.OPEN, E.SUBMITTED): S.SUBMITTED,
    (S.REJECTED, E.SUBMITTED): S.SUBMITTED,
    (S.SUBMITTED, E.WITHDRAWN_FIRST): S.OPEN,
    (S.SUBMITTED, E.WITHDRAWN_LATER): S.REJECTED,
    (S.SUBMITTED, E.REJECTED): S.REJECTED,
    (S.SUBMITTED, E.APPROVED): S.CHECKING_IN,
    (S.CHECKING_IN, E.ALL_CHECKED_IN): S.PASSED,
    (S.CHECKING_IN, E.APPROVAL_VOIDED): S.REJECTED,
}
FIRST_ONLY: dict[tuple[State, Event], State] = {
    (S.OPEN, E.MISSED): S.AWAITING_LAPSE,
    (S.CHECKING_IN, E.MISSED): S.AWAITING_LAPSE,
    (S.REJECTED, E.EXPIRED): S.LAPSED,
    (S.AWAITING_LAPSE, E.EXPIRED): S.LAPSED,
    (S.AWAITING_LAPSE, E.REOPENED): S.OPEN,
    # No rectification here: the person simply has to come again while the window is open.
    (S.CHECKING_IN, E.CHECKIN_VOIDED): S.CHECKING_IN,
    (S.PASSED, E.CHECKIN_VOIDED): S.CHECKING_IN,
    (S.LAPSED, E.DECISION_RESCINDED): S.OPEN,
}
STOCK_ONLY: dict[tuple[State, Event], State] = {
    (S.NOTIFYING, E.SERVED): S.OPEN,
    (S.OPEN, E.MISSED): S.RECTIFYING,
    (S.REJECTED, E.MISSED): S.RECTIFYING,
    (S.CHECKING_IN, E.MISSED): S.RECTIFYING,
    (S.CHECKING_IN, E.CHECKIN_VOIDED): S.RECTIFYING,
    (S.PASSED, E.CHECKIN_VOIDED): S.RECTIFYING,
    # The order that the void had brought falls with it; elsewhere a check-in that counts again moves nothing.
    (S.RECTIFYING, E.CHECKIN_RESTORED): S.CHECKING_IN,
    (S.RECTIFYING, E.SUBMITTED): S.RECTIFICATION_SUBMITTED,
    (S.RECTIFICATION_REJECTED, E.SUBMITTED): S.RECTIFICATION_SUBMITTED,
    (S.RECTIFICATION_SUBMITTED, E.WITHDRAWN_FIRST): S.RECTIFYING,
    (S.RECTIFICATION_SUBMITTED, E.WITHDRAWN_LATER): S.RECTIFICATION_REJECTED,
    (S.RECTIFICATION_SUBMITTED, E.REJECTED): S.RECTIFICATION_REJECTED,
    (S.RECTIFICATION_SUBMITTED, E.APPROVED): S.RECHECKING_IN,
    (S.RECHECKING_IN, E.ALL_CHECKED_IN): S.RECTIFIED,
    (S.RECHECKING_IN, E.CHECKIN_VOIDED): S.RECHECKING_IN,
    (S.RECTIFIED, E.CHECKIN_VOIDED): S.RECHECKING_IN,
    (S.RECHECKING_IN, E.APPROVAL_VOIDED): S.RECTIFICATION_REJECTED,
    (S.RECTIFYING, E.MISSED): S.REVOKED,
    (S.RECTIFICATION_REJECTED, E.MISSED): S.REVOKED,
    (S.RECHECKING_IN, E.MISSED): S.REVOKED,
    (S.RECTIFYING, E.PROPOSED): S.REVOCATION_PROPOSED,
    (S.RECTIFICATION_REJECTED, E.PROPOSED): S.REVOCATION_PROPOSED,
    (S.RECHECKING_IN, E.PROPOSED): S.REVOCATION_PROPOSED,
    (S.REVOCATION_PROPOSED, E.DECIDED_REVOKE): S.REVOKED,
    (S.REVOCATION_PROPOSED, E.DECIDED_KEEP): S.NOT_REVOKED,
    (S.RECTIFYING, E.NOTICE_RESCINDED): S.OPEN,
    (S.RECTIFICATION_REJECTED, E.NOTICE_RESCINDED): S.OPEN,
    (S.RECHECKING_IN, E.NOTICE_RESCINDED): S.OPEN,
    (S.REVOKED, E.DECISION_RESCINDED): S.RECTIFYING,
}
TERMINAL = frozenset({S.PASSED, S.RECTIFIED, S.LAPSED, S.REVOKED, S.NOT_REVOKED, S.CANCELLED})
RECTIFICATION = frozenset(
    {S.RECTIFYING, S.RECTIFICATION_SUBMITTED, S.RECTIFICATION_REJECTED, S.RECHECKING_IN}
)
_FIRST_STATES = {s for pair, to in (COMMON | FIRST_ONLY).items() for s in (pair[0], to)}
_STOCK_STATES = {s for pair, to in (COMMON | STOCK_ONLY).items() for s in (pair[0], to)}

TRANSITIONS: dict[Track, dict[tuple[State, Event], State]] = {
    Track.FIRST: COMMON | FIRST_ONLY | {(s, E.CANCELLED): S.CANCELLED for s in _FIRST_STATES - TERMINAL},
    Track.STOCK: COMMON | STOCK_ONLY | {(s, E.CANCELLED): S.CANCELLED for s in _STOCK_STATES - TERMINAL},
}
INITIAL = {Track.FIRST: S.OPEN, Track.STOCK: S.NOTIFYING}
STATES = {Track.FIRST: _FIRST_STATES | {S.CANCELLED}, Track.STOCK: _STOCK_STATES | {S.CANCELLED}}


class Capability(StrEnum):
    """What somebody may do with a case; ask this, never the state."""

    CHOOSE_PEOPLE = "choose_people"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    CHECK_IN = "check_in"
    REPORT = "report"
    SERVE = "serve"
    VOID_CHECKIN = "void_checkin"
    RESTORE_CHECKIN = "restore_checkin"
    VOID_APPROVAL = "void_approval"
    DECIDE_REVOCATION = "decide_revocation"
    REOPEN = "reopen"
    RESCIND_NOTICE = "rescind_notice"
    RESCIND_DECISION = "rescind_decision"
    HOLD = "hold"
    EXTEND = "extend"
    PAUSE = "pause"
    CANCEL = "cancel"


C = Capability
_ANY = frozenset({C.HOLD, C.PAUSE, C.CANCEL})
_CHOOSING = _ANY | {C.CHOOSE_PEOPLE, C.SUBMIT, C.EXTEND}
_REVIEWING = _ANY | {C.REVIEW, C.WITHDRAW}
_COMING = _ANY | {C.CHECK_IN, C.VOID_CHECKIN, C.RESTORE_CHECKIN, C.VOID_APPROVAL, C.EXTEND}

CAPABILITIES: dict[State, frozenset[Capability]] = {
    S.NOTIFYING: _ANY | {C.SERVE},
    S.OPEN: _CHOOSING,
    S.SUBMITTED: _REVIEWING,
    S.REJECTED: _CHOOSING,
    S.CHECKING_IN: _COMING,
    # RESTORE_CHECKIN: a pass stands while the order that a void has drafted is not signed.
    S.PASSED: frozenset({C.VOID_CHECKIN, C.RESTORE_CHECKIN}),
    S.AWAITING_LAPSE: _ANY | {C.REOPEN},
    S.LAPSED: frozenset({C.RESCIND_DECISION, C.SERVE}),
    S.RECTIFYING: _CHOOSING | {C.REPORT, C.SERVE, C.RESCIND_NOTICE, C.RESTORE_CHECKIN},
    S.RECTIFICATION_SUBMITTED: _REVIEWING | {C.SERVE},
    S.RECTIFICATION_REJECTED: _CHOOSING | {C.REPORT, C.SERVE, C.RESCIND_NOTICE},
    S.RECHECKING_IN: _COMING | {C.SERVE, C.RESCIND_NOTICE},
    S.RECTIFIED: frozenset({C.VOID_CHECKIN}),
    S.REVOCATION_PROPOSED: _ANY | {C.DECIDE_REVOCATION, C.SERVE},
    S.REVOKED: frozenset({C.RESCIND_DECISION, C.SERVE}),
    S.NOT_REVOKED: frozenset(),
    S.CANCELLED: frozenset(),
}

LABELS: dict[State, str] = {
    S.NOTIFYING: "待送达",
    S.OPEN: "待提交名单",
    S.SUBMITTED: "名单审核中",
    S.REJECTED: "审核不通过",
    S.CHECKING_IN: "打卡中",
    S.PASSED: "核查通过",
    S.AWAITING_LAPSE: "待到期失效",
    S.LAPSED: "到期自动失效",
    S.RECTIFYING: "整改中",
    S.RECTIFICATION_SUBMITTED: "整改审核中",
    S.RECTIFICATION_REJECTED: "整改审核不通过",
    S.RECHECKING_IN: "整改打卡中",
    S.RECTIFIED: "整改通过",
    S.REVOCATION_PROPOSED: "拟撤回",
    S.REVOKED: "已撤回",
    S.NOT_REVOKED: "不予撤回",
    S.CANCELLED: "已取消",
}
EVENT_LABELS: dict[Event, str] = {
    E.SERVED: "已送达",
    E.SUBMITTED: "提交名单",
    E.WITHDRAWN_FIRST: "撤回名单",
    E.WITHDRAWN_LATER: "撤回名单",
    E.REJECTED: "审核不通过",
    E.APPROVED: "审核通过",
    E.ALL_CHECKED_IN: "全部完成打卡",
    E.MISSED: "期限届满",
    E.EXPIRED: "证书到期",
    E.CHECKIN_VOIDED: "打卡不合格",
    E.CHECKIN_RESTORED: "撤销打卡不合格认定",
    E.APPROVAL_VOIDED: "撤销审核通过",
    E.PROPOSED: "拟撤回告知",
    E.DECIDED_REVOKE: "决定撤回",
    E.DECIDED_KEEP: "决定不予撤回",
    E.REOPENED: "重新开启",
    E.NOTICE_RESCINDED: "撤销整改通知",
    E.DECISION_RESCINDED: "撤销决定",
    E.CANCELLED: "取消任务",
}


class TransitionMissing(RuntimeError):
    """The table has no such pair: a defect of the caller, never a user's doing."""


def next_state(track: Track, state: State, event: Event) -> State:
    """Where the event leads.

    Raises:
        TransitionMissing: The table has no such pair.
    """
    target = TRANSITIONS[track].get((state, event))
    if target is None:
        raise TransitionMissing(f"{track}: {event} in {state}")
    return target


def may(state: State, capability: Capability) -> bool:
    """Whether the state allows it."""
    return capability in CAPABILITIES[state]
