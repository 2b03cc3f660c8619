"""A case as a way with stations: what has happened and when, where it stands, and whose turn it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from verify_api.cases.states import RECTIFICATION, TERMINAL, State, Track


class Mark(StrEnum):
    """How a station looks."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    PASSED_BY = "skipped"  # The case has gone on, or ended, without it.
    BAD = "bad"  # An adverse end.


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the history, as far as a course needs it."""

    event: str
    at: datetime
    after: State


@dataclass(frozen=True, slots=True)
class Station:
    """One station of a course."""

    label: str
    at: datetime | None
    mark: Mark
    note: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a course is made of."""

    track: Track
    state: State
    history: Sequence[Happening]
    viewed_at: datetime | None = None  # of the 责令整改通知书 in force
    done: int = 0
    total: int = 0
    closed_at: datetime | None = None


# What begins a course anew; what came before belongs to an earlier round.
_BEGINS = {"opened", "reopened", "notice_rescinded", "decision_rescinded"}
_UNDONE_BY = {
    "submitted": {"withdrawn_first", "withdrawn_later", "rejected", "approval_voided"},
    "approved": {"approval_voided"},
    "all_checked_in": {"checkin_voided"},
}
_ADVERSE = {State.LAPSED, State.REVOKED}


def course(seen: Seen) -> list[Station]:
    """The stations of the newest round, in order."""
    in_rectification = _rectification_begins(seen.history)
    if in_rectification is None:
        return _marked(_before_notice(seen, seen.history[_last(seen.history, _BEGINS) :]), seen)
    return _marked(_after_notice(seen, seen.history[in_rectification:]), seen)


def _rectification_begins(history: Sequence[Happening]) -> int | None:
    """Where the newest 整改 begins; None if there is none or its notice was rescinded."""
    found = None
    before: State | None = None
    for n, one in enumerate(history):
        is_new = before not in RECTIFICATION and not (one.event == "decision_rescinded" and found is not None)
        if one.after is State.RECTIFYING and is_new:
            found = n
        elif one.after in (State.OPEN, State.CHECKING_IN):  # The order was rescinded.
            found = None
        before = one.after
    return found


def _last(history: Sequence[Happening], events: set[str]) -> int:
    return max((n for n, one in enumerate(history) if one.event in events), default=0)


def _when(history: Sequence[Happening], event: str) -> datetime | None:
    """When it last happened, unless it was undone since."""
    at = None
    for one in history:
        if one.event == event:
            at = one.at
        elif one.event in _UNDONE_BY.get(event, ()):
            at = None
    return at


_Drawn = list[tuple[str, datetime | None, str]]


def _before_notice(seen: Seen, history: Sequence[Happening]) -> _Drawn:
    served: _Drawn = [("短信送达", _when(history, "served"), "")] if seen.track is Track.STOCK else []
    first = history[0].at if history else None
    return [("建立任务", first, ""), *served, *_list_and_checkin(seen, history), _end(seen)]


def _after_notice(seen: Seen, history: Sequence[Happening]) -> _Drawn:
    return [
        ("发出通知", history[0].at, ""),
        ("送达", _when(history, "notice_served"), ""),
        ("企业查看", seen.viewed_at, ""),
        ("整改报告", _when(history, "report_uploaded"), ""),
        *_list_and_checkin(seen, history),
        _end(seen),
    ]


def _list_and_checkin(seen: Seen, history: Sequence[Happening]) -> _Drawn:
    approved = _when(history, "approved")
    counted = f"{seen.done}/{seen.total}" if approved and seen.total else ""
    return [
        ("提交名单", _when(history, "submitted"), ""),
        ("审核通过", approved, ""),
        ("打卡", _when(history, "all_checked_in"), counted),
    ]


_ENDS = {
    State.PASSED: "核查通过",
    State.RECTIFIED: "整改通过",
    State.LAPSED: "到期失效",
    State.REVOKED: "已撤回",
    State.NOT_REVOKED: "不予撤回",
    State.CANCELLED: "已取消",
}


def _end(seen: Seen) -> tuple[str, datetime | None, str]:
    return (_ENDS.get(seen.state, "结果"), seen.closed_at if seen.state in TERMINAL else None, "")


def _marked(drawn: _Drawn, seen: Seen) -> list[Station]:
    last_done = max((n for n, (_, at, _) in enumerate(drawn) if at is not None), default=-1)
    is_over = seen.state in TERMINAL
    found = []
    for n, (label, at, note) in enumerate(drawn):
        if at is not None:
            mark = Mark.BAD if n == len(drawn) - 1 and seen.state in _ADVERSE else Mark.DONE
        elif n < last_done or is_over:
            mark = Mark.PASSED_BY
        else:
            mark = Mark.NOW if n == last_done + 1 else Mark.AHEAD
        found.append(Station(label, at, mark, note))
    return found


@dataclass(frozen=True, slots=True)
class Turn:
    """Who has to do what for the case to go on."""

    who: str
    what: str
    is_waiting: bool = False  # Nothing happens by itself until somebody has acted.


_BLOCKS = {
    "hold": ("工作人员", "解除暂缓"),
    "pause": ("工作人员", "恢复计时"),
    "appeal": ("工作人员", "处理陈述申辩"),
    "notice_draft": ("工作人员", "签发整改通知书"),
    "service_failed": ("工作人员", "以其他方式送达并登记"),
}
_WAITS = {
    "undecided_checkin": ("工作人员", "复核未有结论的打卡"),
    "calendar_unknown": ("系统管理员", "载入该年度节假日安排"),
    "not_served": ("工作人员", "补齐送达凭证"),
    "nothing_left": ("工作人员", "核实后取消任务"),
    "step_failed": ("系统管理员", "查看日志，排除故障"),
}
_TURNS = {
    State.NOTIFYING: ("运营商", "回报核查短信已送达"),
    State.OPEN: ("企业", "设置打卡人员并提交名单"),
    State.SUBMITTED: ("审核员", "审核名单"),
    State.REJECTED: ("企业", "按审核意见修改名单并重新提交"),
    State.AWAITING_LAPSE: ("无", "等待证书到期"),
    State.RECTIFICATION_SUBMITTED: ("审核员", "审核整改名单"),
    State.RECTIFICATION_REJECTED: ("企业", "按审核意见修改名单并重新提交"),
    State.REVOCATION_PROPOSED: ("工作人员", "听取陈述申辩后作出决定"),
}


def turn(seen: Seen, facts: Sequence[Mapping[str, Any]]) -> Turn | None:
    """Whose turn it is; None once the case has ended."""
    if seen.state in TERMINAL:
        return None
    for fact in facts:
        if fact["kind"] in _BLOCKS:
            return Turn(*_BLOCKS[fact["kind"]], is_waiting=True)
        if fact["kind"] == "wait" and (fact["detail"] or {}).get("reason") in _WAITS:
            return Turn(*_WAITS[fact["detail"]["reason"]], is_waiting=True)
    if seen.state in (State.CHECKING_IN, State.RECHECKING_IN):
        return Turn("打卡人员", f"到注册地址打卡，还差{max(seen.total - seen.done, 0)}人")
    if seen.state is State.RECTIFYING:
        return Turn(*_rectifying(seen))
    return Turn(*_TURNS[seen.state])


def _rectifying(seen: Seen) -> tuple[str, str]:
    stations = {one.label: one for one in course(seen)}
    if stations["送达"].at is None:
        return "运营商", "回报整改通知短信已送达"
    if stations["整改报告"].at is None:
        return "企业", "查看通知书，提交整改报告" if seen.viewed_at is None else "提交整改报告"
    return "企业", "重新设置打卡人员并提交名单"
