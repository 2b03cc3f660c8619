"""The texts of every kind of message, as data: what is said, what of it is secret, what may ring at night."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MASK = "••••••"


class Kind(StrEnum):
    """Every kind of A.1.3: those the text of the rules names, and the recommended ones."""

    LOGIN_PASSWORD = "login_password"  # noqa: S105 - the name of a kind.
    NEW_CONTACT_PASSWORD = "new_contact_password"  # noqa: S105
    CONTACT_CHANGE_CODE = "contact_change_code"
    CONTACT_CHANGED_OLD = "contact_changed_old"
    RESET_CODE = "reset_code"
    BIND_CODE = "bind_code"
    STOCK_INSPECTION_STARTED = "stock_inspection_started"
    REVIEW_APPROVED = "review_approved"
    REVIEW_REJECTED = "review_rejected"
    APPROVAL_VOIDED = "approval_voided"
    CHECKIN_VOIDED = "checkin_voided"
    CHECKIN_RESTORED = "checkin_restored"
    REMINDER = "reminder"
    AWAITING_LAPSE = "awaiting_lapse"
    TO_BE_EXPIRED = "to_be_expired"
    LAPSED = "lapsed"
    PASSED = "passed"
    NOTICE_ISSUED = "notice_issued"
    NOTICE_RESCINDED = "notice_rescinded"
    RECTIFICATION_REMINDER = "rectification_reminder"
    RECTIFIED = "rectified"
    REVOCATION_PROPOSED = "revocation_proposed"
    REVOKED = "revoked"
    NOT_REVOKED = "not_revoked"
    REVOCATION_RESCINDED = "revocation_rescinded"
    DEADLINE_EXTENDED = "deadline_extended"
    CLOCK_PAUSED = "clock_paused"
    CLOCK_RESUMED = "clock_resumed"
    CASE_REOPENED = "case_reopened"
    CASE_CANCELLED = "case_cancelled"


class Deadline(StrEnum):
    """What a reminder is about."""

    FIRST_INITIATE = "first_initiate"
    FIRST_CHECK_IN = "first_check_in"
    STOCK_INITIATE = "stock_initiate"
    STOCK_CHECK_IN = "stock_check_in"
    RESUBMIT = "resubmit"
    REPORT = "report"
    RECHECK_IN = "recheck_in"


@dataclass(frozen=True, slots=True)
class Template:
    """One text. Variables are named; vendors that number them take them in order of appearance."""

    name: str
    kind: Kind
    text: str
    secrets: frozenset[str] = frozenset()
    # One-time codes are asked for by somebody who is waiting: they alone are sent in the quiet hours.
    is_code: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables in order of appearance, each once."""
        return tuple(dict.fromkeys(re.findall(r"{(\w+)}", self.text)))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its values, without a signature."""
        return self.text.format_map(values)


_ASK = "咨询电话{hotline}。"
_LOGIN = "登录账号{account}，密码{password}，{until}前有效，首次登录须修改。请勿转告他人。" + _ASK
_SEE = "请登录建筑业企业资质核查平台查看。" + _ASK
_YOURS = "{enterprise}：贵单位{items}资质"
_OURS = "{enterprise}：我局依法对贵单位{items}资质"
_NOT_YOU = "如非本单位操作，请勿提供并致电{hotline}。"

_TEXTS: dict[Kind, str] = {
    Kind.LOGIN_PASSWORD: "{enterprise}：贵单位已列入建筑业企业资质核查。" + _LOGIN,
    Kind.NEW_CONTACT_PASSWORD: "您已登记为{enterprise}的资质核查联系人。" + _LOGIN,
    Kind.CONTACT_CHANGE_CODE: "验证码{code}，{minutes}分钟内有效。"
    "{enterprise}正将资质核查联系人变更为尾号{tail}的手机。" + _NOT_YOU,
    Kind.CONTACT_CHANGED_OLD: "{enterprise}的资质核查联系人已变更为尾号{tail}的手机，"
    "本号码不再接收核查短信。如非本单位操作，请立即致电{hotline}。",
    Kind.RESET_CODE: "验证码{code}，{minutes}分钟内有效，用于重置资质核查平台的登录密码。" + _NOT_YOU,
    Kind.BIND_CODE: "验证码{code}，{minutes}分钟内有效，用于企业打卡的身份绑定。如非本人操作，请忽略。",
    Kind.STOCK_INSPECTION_STARTED: _OURS + "开展动态核查，请自收到本短信之日起一个月内"
    "登录建筑业企业资质核查平台发起人员打卡，逾期将发放《责令整改通知书》。" + _ASK,
    Kind.REVIEW_APPROVED: _YOURS + "的打卡人员名单审核通过。所选{people}名人员须于{until}前（含当日）"
    "到企业注册地址使用“i深建”小程序全部完成打卡。" + _ASK,
    Kind.REVIEW_REJECTED: _YOURS + "的打卡人员名单审核不通过。请登录建筑业企业资质核查平台"
    "查看审核意见，重新设置打卡人员并于{until}前（含当日）提交。" + _ASK,
    Kind.APPROVAL_VOIDED: _YOURS + "的打卡人员名单的审核结果已撤销，请重新设置打卡人员。" + _SEE,
    Kind.CHECKIN_VOIDED: _YOURS + "有人员打卡被认定为不合格。" + _SEE,
    Kind.CHECKIN_RESTORED: _YOURS + "有人员打卡不合格的认定已撤销，该次打卡有效。" + _SEE,
    Kind.AWAITING_LAPSE: _YOURS + "未在规定期限内{missed}，资质证书于{until}到期后将自动失效。" + _ASK,
    Kind.TO_BE_EXPIRED: _YOURS + "证书将于{until}到期，剩余{days}天，到期后自动失效。" + _ASK,
    Kind.LAPSED: _YOURS + "证书已于{until}到期，因未在规定期限内完成资质核查，自动失效。" + _ASK,
    Kind.PASSED: _YOURS + "所选打卡人员已全部完成打卡，通过资质核查。",
    Kind.NOTICE_ISSUED: _YOURS + "须限期整改，我局已发出《责令整改通知书》（{number}）。请登录平台"
    "“整改回复”查看，在通知书载明的期限内（自收到之日起计算）提交整改报告并重新发起打卡。" + _ASK,
    Kind.NOTICE_RESCINDED: "{enterprise}：《责令整改通知书》（{number}）已撤销。" + _SEE,
    Kind.RECTIFIED: _YOURS + "已通过整改，资质异常标注已取消。",
    Kind.REVOCATION_PROPOSED: _YOURS + "未在整改期限内完成打卡，我局拟依法撤回（{number}）。"
    "贵单位可自收到之日起{days}个工作日内陈述、申辩。" + _SEE,
    Kind.REVOKED: _YOURS + "已由我局依法撤回（{number}），决定书请登录平台查看。如不服，可自收到决定书之日起"
    "60日内申请行政复议，或6个月内提起行政诉讼。" + _ASK,
    Kind.NOT_REVOKED: _YOURS + "经审查决定不予撤回。" + _SEE,
    Kind.REVOCATION_RESCINDED: _YOURS + "的撤回决定（{number}）已撤销。" + _SEE,
    Kind.DEADLINE_EXTENDED: _YOURS + "核查的{what}期限已延长至{until}（含当日）。" + _ASK,
    Kind.CLOCK_PAUSED: _YOURS + "核查的期限自{since}起中止计算，恢复时另行通知。" + _ASK,
    Kind.CLOCK_RESUMED: _YOURS + "核查的期限恢复计算，{what}截止{until}（含当日）。" + _ASK,
    Kind.CASE_REOPENED: _YOURS + "核查已重新开启，{what}截止{until}（含当日）。" + _ASK,
    Kind.CASE_CANCELLED: _YOURS + "的本次核查已取消，无需再打卡。" + _ASK,
}

_REMAIN = "须于{until}前（含当日）"
_LAPSE = "剩余{days}天。逾期的，资质证书到期后将自动失效。" + _ASK
_NOTICE = "剩余{days}天。逾期将发放《责令整改通知书》。" + _ASK
_REVOKE = "剩余{days}天。逾期将依法撤回相应资质。" + _ASK

_REMINDERS: dict[Deadline, tuple[Kind, str]] = {
    Deadline.FIRST_INITIATE: (Kind.REMINDER, "发起人员打卡，" + _LAPSE),
    Deadline.FIRST_CHECK_IN: (Kind.REMINDER, "由所选人员全部完成打卡，" + _LAPSE),
    Deadline.STOCK_INITIATE: (Kind.REMINDER, "发起人员打卡，" + _NOTICE),
    Deadline.STOCK_CHECK_IN: (Kind.REMINDER, "由所选人员全部完成打卡，" + _NOTICE),
    Deadline.RESUBMIT: (Kind.REMINDER, "重新提交打卡人员名单，剩余{days}天。" + _ASK),
    Deadline.REPORT: (Kind.RECTIFICATION_REMINDER, "提交整改报告并重新发起打卡，" + _REVOKE),
    Deadline.RECHECK_IN: (Kind.RECTIFICATION_REMINDER, "由所选人员全部完成整改打卡，" + _REVOKE),
}

_CODES = frozenset({Kind.CONTACT_CHANGE_CODE, Kind.RESET_CODE, Kind.BIND_CODE})
_PASSWORDS = frozenset({Kind.LOGIN_PASSWORD, Kind.NEW_CONTACT_PASSWORD})


def _template(kind: Kind, text: str) -> Template:
    secret = {"code"} if kind in _CODES else {"password"} if kind in _PASSWORDS else set()
    return Template(kind.value, kind, text, frozenset(secret), kind in _CODES)


TEMPLATES: dict[str, Template] = {kind.value: _template(kind, text) for kind, text in _TEXTS.items()} | {
    f"{kind}_{deadline}": Template(
        f"{kind}_{deadline}", kind, "{enterprise}：贵单位{items}资质" + _REMAIN + tail
    )
    for deadline, (kind, tail) in _REMINDERS.items()
}

CODE_KINDS = _CODES


def reminder_template(deadline: Deadline) -> Template:
    """The text that reminds of this deadline."""
    return TEMPLATES[f"{_REMINDERS[deadline][0]}_{deadline}"]


def plain(value: str, *, limit: int = 60) -> str:
    """A fact as it may stand in a text: one line, no second signature, no link, not too long.

    Names come from outside. Cleaning instead of refusing, because a strange company name must not stop
    the decision that leaves the message.
    """
    text = "".join(ch for ch in " ".join(value.split()) if ch.isprintable())
    text = text.translate(str.maketrans("【】", "（）"))
    while (bare := re.sub(r"(?i)https?[:：]|www\.|//", "", text)) != text:
        text = bare
    return text if len(text) <= limit else text[: limit - 1] + "…"


def day(value: date) -> str:
    """A date as letters of the bureau write it."""
    return f"{value.year}年{value.month}月{value.day}日"


def items_text(items: Sequence[str]) -> str:
    """Qualification items for a text: up to three by name, more as a number."""
    names = [plain(item, limit=24) for item in items]
    return "、".join(names) if len(names) <= 3 else f"{'、'.join(names[:2])}等{len(names)}项"
