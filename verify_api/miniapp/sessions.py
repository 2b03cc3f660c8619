"""`/api/v1/miniapp/sessions` and `/consents`."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import StringConstraints
from starlette.responses import Response

from registry.people.models import Person
from verify_api.accounts.deps import IpDep, MailingDep, PersonDep
from verify_api.accounts.login import Refused
from verify_api.accounts.persons import bind, log_in_person, request_binding
from verify_api.accounts.sessions import LoggedIn
from verify_api.faces.notice import require_in_force
from verify_api.faces.service import give_consent, withdraw_consent
from verify_api.http.deps import Body, NowDep, PartsDep, SessionDep
from verify_api.http.problems import refusal
from verify_api.miniapp.wechat import IdentityProvider
from verify_api.policy.service import rules_at

router = APIRouter(prefix="/api/v1/miniapp", tags=["miniapp"])

Short = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class LogIn(Body):
    """What `wx.login` gave the phone."""

    code: Short


class BindSms(Body):
    """Whom to text; the number is the registry's, not the phone's word."""

    name: Short
    id_number: Short
    code: Short | None = None


class Bind(BindSms):
    """Bind this WeChat user to the person who got the SMS."""

    code: Short
    sms_code: Short


class Consent(Body):
    """单独同意, or its withdrawal."""

    notice_version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    granted: bool


def get_identity(request: Request) -> IdentityProvider:
    """Who knows WeChat's codes; asked before any transaction begins."""
    provider: IdentityProvider = request.app.state.identity
    return provider


def exchanged(body: LogIn, identity: Annotated[IdentityProvider, Depends(get_identity)]) -> str:
    """The openid behind the code. A network call, so it stands before the session dependency."""
    return identity.openid(body.code)


def exchanged_for_bind(body: Bind, identity: Annotated[IdentityProvider, Depends(get_identity)]) -> str:
    """The openid behind the code of a binding."""
    return identity.openid(body.code)


@router.post("/sessions", response_model=None)
def open_session(
    openid: Annotated[str, Depends(exchanged)], session: SessionDep, parts: PartsDep, now: NowDep
) -> dict[str, Any]:
    """A session for the person bound to this WeChat user; `bound: false` where none is."""
    found = log_in_person(session, openid=openid, keys=parts.keyring, now=now)
    if found is None:
        return {"token": None, "expires_at": None, "person": {"name": None, "bound": False}}
    return _answer(found, session.get_one(Person, found.actor.person_id).name)


@router.post("/sessions/bind/sms", status_code=202, response_model=None)
def text_bind_code(
    body: BindSms, session: SessionDep, mailing: MailingDep, ip: IpDep, now: NowDep
) -> dict[str, Any] | Response:
    """Text a code to the person's number; the answer is the same whether there is such a person or not."""
    refused = request_binding(
        session, name=body.name, id_number=body.id_number, ip=ip, mailing=mailing, now=now
    )
    if refused is not None:
        return refusal(refused.error)
    return {"sent": True, "say": "如信息与登记一致，验证码已发送至登记的手机号"}


@router.post("/sessions/bind", response_model=None)
def bind_session(
    body: Bind,
    openid: Annotated[str, Depends(exchanged_for_bind)],
    session: SessionDep,
    parts: PartsDep,
    ip: IpDep,
    now: NowDep,
) -> dict[str, Any] | Response:
    """Bind and begin a session."""
    found = bind(
        session,
        openid=openid,
        name=body.name,
        id_number=body.id_number,
        code=body.sms_code,
        ip=ip,
        keys=parts.keyring,
        now=now,
    )
    if isinstance(found, Refused):
        return refusal(found.error)
    return _answer(found, session.get_one(Person, found.actor.person_id).name)


@router.get("/notice")
def notice(session: SessionDep, now: NowDep) -> dict[str, str]:
    """What a person is told before the separate consent (个人信息保护法 17, 29, 30; 人脸办法 5, 6, 10)."""
    rule = rules_at(session, now).consent
    return {"version": rule.notice_version, "title": "人脸信息处理告知书", "text": rule.notice_text}


@router.post("/consents")
def consent(body: Consent, actor: PersonDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """Give or withdraw the separate consent to processing one's face (人脸办法 6).

    Consent is to the text in force; a withdrawal is never refused, whatever text it names.
    """
    assert actor.person_id is not None
    if body.granted:
        require_in_force(body.notice_version, rule=rules_at(session, now).consent)
        give_consent(
            session,
            person_id=actor.person_id,
            notice_version=body.notice_version,
            channel="miniapp",
            now=now,
        )
    else:
        withdraw_consent(session, person_id=actor.person_id, now=now)
    alternative = "您也可以到窗口由两名工作人员现场核验，效力相同"
    return {"granted": body.granted, "notice_version": body.notice_version, "alternative": alternative}


def _answer(found: LoggedIn, name: str) -> dict[str, Any]:
    return {
        "token": found.token,
        "expires_at": _iso(found.expires_at),
        "person": {"name": name[:1] + "*" * (len(name) - 1), "bound": True},
    }


def _iso(at: datetime) -> str:
    return at.isoformat()
