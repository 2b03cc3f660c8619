"""Rendering: one environment, one frame per request that knows who looks and when."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy.orm import Session

from registry.errors import DakaError
from verify_api.accounts.actor import ROLE_NAMES, Actor, Kind
from verify_api.accounts.deps import KnownCallerDep, csrf_token, visitor_cookie
from verify_api.accounts.media import document_hint, video_hint
from verify_api.accounts.rules import password_hint
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.pages import charts, periods, words
from verify_api.pages.assets import asset_url
from verify_api.parts import Parts
from verify_api.policy.service import rules_at
from verify_api.policy.values import Policy

Answer = TypeVar("Answer")

_HERE = Path(__file__).parent
# Each noun keeps its templates beside its code; names carry the noun: "portal/cases.html".
_FOLDERS = (
    _HERE / "templates",
    _HERE.parent / "portal" / "templates",
    _HERE.parent / "console" / "templates",
    _HERE.parent / "public" / "templates",
    _HERE.parent / "store_pages" / "templates",
)


def period_of(deadline: Mapping[str, Any], now: datetime) -> Markup:
    """The line of a deadline's view, from its start to its last day."""
    rolled = deadline["rolled_from"]
    left = int(deadline["days_left"])
    return charts.period(
        date.fromisoformat(deadline["start_day"]),
        date.fromisoformat(deadline["last_day"]),
        today=words.local(now).date(),
        rolled_from=date.fromisoformat(rolled) if rolled else None,
        tone=words.tone_of_days(left),
    )


def _environment() -> Environment:
    loader = ChoiceLoader([FileSystemLoader(folder) for folder in _FOLDERS])
    env = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.globals.update(asset=asset_url, meter=charts.meter, period=period_of, ROLE_NAMES=ROLE_NAMES)
    env.filters.update(
        day=words.day,
        moment=words.moment,
        iso=words.iso,
        ago=words.ago,
        size=words.size,
        metres=words.metres,
        area=words.area,
        weekday=words.weekday,
        short=words.short,
        basis=periods.basis_words,
        rule=periods.rule_words,
        phone=words.phone,
        left=words.left,
    )
    return env


_ENV = _environment()


@dataclass(frozen=True, slots=True)
class Tab:
    """An entry of the navigation. `count` is shown if it is not zero."""

    key: str
    href: str
    label: str
    count: int = 0


PORTAL_TABS = (
    Tab("tasks", "/portal", "动态核查"),
    Tab("rectification", "/portal/rectification", "整改回复"),
    Tab("profile", "/portal/profile", "基本情况"),
    Tab("licence", "/portal/licence", "营业执照"),
    Tab("video", "/portal/video", "企业视频"),
    Tab("projects", "/portal/projects", "项目业绩"),
    Tab("rules", "/rules", "操作细则"),
)
CONSOLE_TABS = (
    Tab("board", "/console", "整改看板"),
    Tab("cases", "/console/cases", "全部核查"),
    Tab("reviews", "/console/reviews", "名单审核"),
    Tab("attempts", "/console/attempts", "打卡复核"),
    Tab("tonight", "/console/tonight", "今晚"),
    Tab("waiting", "/console/waiting", "等候区"),
    Tab("notices", "/console/notices", "文书"),
    Tab("enterprises", "/console/enterprises", "企业"),
    Tab("projects", "/console/projects", "项目库"),
    Tab("policies", "/console/policies", "政策"),
)

# What a page says after the step before it. Only the key travels in the address: nobody else can word it.
DONE = {
    "password_changed": "密码已修改，其他设备上的登录已全部退出。",
    "password_reset": "新密码已生效，请用新密码登录。",
    "code_sent": "如果该账号存在，验证码已发送至企业联系人手机，请尽快使用。",
    "contact_code_sent": "验证码已发送至当前联系人手机，请尽快使用。",
    "contact_changed": "联系人已变更，新密码已发送至新联系人手机，请用新密码登录。",
    "logged_out": "您已安全退出。",
    "confirmed": "企业基本信息已确认。",
    "licence": "营业执照已上传。",
    "video": "企业视频已上传。",
    "saved": "已保存。",
    "submitted": "名单已提交，请等待核查部门审核。",
    "withdrawn": "名单已撤回，可以修改后重新提交。",
    "report": "整改报告已提交。",
    "file": "证件已上传。",
    "stated": "陈述申辩已提交，处理期间不会作出不利决定。",
    "synced": "已从“三库一平台”同步。",
    "claimed": "已领取，企业不能再自行撤回这份名单。",
    "approved": "已审核通过，打卡任务已开启，短信已发出。",
    "rejected": "已退回，审核意见已告知企业。",
    "decided": "复核结果已登记。",
    "served": "送达已登记。",
    "held": "已暂缓，到期动作不会执行，直到解除。",
    "released": "暂缓已解除。",
    "paused": "已中止计时，恢复后剩余期限继续计算。",
    "resumed": "已恢复计时。",
    "extended": "期限已延长，企业将收到短信。",
    "reopened": "已重新开启，期限重新计算。",
    "issued": "已签发。",
    "unsigned": "已登记不予签发，通知书不发出。",
    "proposed": "已提请复核，须由另一名工作人员确认。",
    "signed": "复核结果已登记。",
    "password_sent": "新的初始密码已通过短信发出，原密码失效。",
    "contact_overridden": "联系人已变更，账号和新密码已发送至新联系人。",
    "cancelled": "核查已取消。",
    "voided": "已作废，企业将收到通知。",
    "included": "企业已列入核查，账号密码已通过短信发出。",
    "opened": "核查任务已建立。",
    "point": "登记位置已确认。",
    "policy_drafted": "新版本已起草，请预览修改内容。",
    "policy_step": "已办理。",
    "batch": "名单已接收，正在逐行处理。",
    "retried": "出错的行将重新处理。",
    "drawn": "已抽取，须由另一名工作人员批准。",
    "requirement": "人数已录入，对此后提交的名单生效。",
    "fence": "打卡范围已确认，对此后审核通过的名单生效。",
    "attached": "附件已上传。",
    "filing_submitted": "已提交，请等待主管部门审核。",
    "filing_withdrawn": "申请已撤回。",
}


def navigation(actor: Actor | None) -> tuple[Tab, ...]:
    """The tabs of a kind of user."""
    if actor is None:
        return ()
    return CONSOLE_TABS if actor.kind is Kind.STAFF else PORTAL_TABS


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page of one request."""

    request: Request
    parts: Parts
    now: datetime
    actor: Actor | None
    secret: str  # What the CSRF token is derived from: the session, or the visitor's own cookie.
    is_new_visitor: bool
    session: Session | None = None

    @property
    def rules(self) -> Policy:
        """The policy values in force, for pages that tell them."""
        assert self.session is not None
        return rules_at(self.session, self.now)

    @property
    def password_hint(self) -> str:
        """What a new password must be."""
        return password_hint(self.rules.accounts)

    @property
    def document_hint(self) -> str:
        """What is taken as a document."""
        return document_hint(self.rules.uploads)

    @property
    def video_hint(self) -> str:
        """What is taken as a video."""
        return video_hint(self.rules.uploads)

    def show(
        self,
        template: str,
        *,
        here: str = "",
        status: int = 200,
        errors: DakaError | Sequence[DakaError] = (),
        counts: dict[str, int] | None = None,
        done: str = "",
        **context: Any,
    ) -> HTMLResponse:
        """A page. `errors` are what the last step was refused for; `here` is the tab that is open."""
        refused = [errors] if isinstance(errors, DakaError) else [*errors]
        html = _ENV.get_template(template).render(
            frame=self,
            settings=self.parts.settings,
            simulated=self.parts.settings.simulation_clock is not None,
            now=self.now,
            actor=self.actor,
            tabs=navigation(self.actor),
            counts=counts or {},
            here=here,
            csrf=csrf_token(self.secret),
            done=DONE.get(done or self.request.query_params.get("done", ""), ""),
            errors=refused,
            **context,
        )
        answer = HTMLResponse(html, status if not refused or status != 200 else 422)
        if self.is_new_visitor:
            set_cookie(answer, self.parts, visitor_cookie(self.parts), self.secret)
        return answer


def render(template: str, **context: Any) -> str:
    """A template without a frame, for parts of pages and for tests."""
    return _ENV.get_template(template).render(**context)


def get_frame(
    request: Request, parts: PartsDep, now: NowDep, caller: KnownCallerDep, session: SessionDep
) -> Frame:
    """The frame of this request."""
    if caller is not None:
        return Frame(request, parts, now, caller.signed.actor, caller.token, False, session)
    known = request.cookies.get(visitor_cookie(parts), "")
    return Frame(request, parts, now, None, known or secrets.token_urlsafe(32), not known, session)


def set_cookie(answer: Response, parts: Parts, name: str, value: str) -> None:
    """A cookie that scripts cannot read and that other sites' forms do not send."""
    secure = parts.settings.secure_cookies
    answer.set_cookie(name, value, path="/", httponly=True, samesite="lax", secure=secure)


FrameDep = Annotated[Frame, Depends(get_frame)]


def go(path: str, done: str = "", **query: object) -> RedirectResponse:
    """Onward after a step that succeeded, so that reloading does not repeat it."""
    values = {name: value for name, value in query.items() if value not in (None, "")}
    if done:
        assert done in DONE
        values["done"] = done
    return RedirectResponse(path + ("?" + urlencode(values) if values else ""), 303)


def attempt(session: Session, act: Callable[[], Answer]) -> Answer | DakaError:
    """Do it, or give the refusal back with everything undone that it had written, to show it in the form."""
    try:
        with session.begin_nested():
            return act()
    except DakaError as error:
        return error
