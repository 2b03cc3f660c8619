"""Pages of 基本情况, 营业执照, 企业视频 and of the contact."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from registry.errors import DakaError, NotFound
from verify_api.accounts.actor import Actor
from verify_api.accounts.contact_change import change_contact, request_contact_change
from verify_api.accounts.contacts import contact_of
from verify_api.accounts.deps import EnterpriseDep, MailingDep, session_cookie
from verify_api.accounts.media import video_of
from verify_api.accounts.onboarding import (
    RULES_VERSION,
    confirm_info,
    newest_file,
    profile_of,
    read_rules,
    require_ready,
    store_licence,
    store_video,
)
from verify_api.accounts.rules import Gate
from verify_api.accounts.uploads import Upload, keep_document, keep_video, one_upload
from verify_api.evidence.store import EvidenceStore
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.pages.files import shown_file
from verify_api.pages.forms import FormDep
from verify_api.pages.render import Frame, FrameDep, attempt, go

router = APIRouter(prefix="/portal", include_in_schema=False)

_NEXT = {
    Gate.INVITED: "/portal/profile",
    Gate.INFO_CONFIRMED: "/portal/licence",
    Gate.LICENCE_UPLOADED: "/portal/video",
    Gate.READY: "/portal",
}
_ORDER = list(Gate)


def ready_enterprise(actor: EnterpriseDep, session: SessionDep) -> Actor:
    """An enterprise that has passed all gates (SZ-12); others are sent to the page of their next step."""
    require_ready(session, actor.own_enterprise)
    return actor


ReadyDep = Annotated[Actor, Depends(ready_enterprise)]


def _profile(
    frame: Frame, session: Session, actor: Actor, error: DakaError | None = None, *, status: int = 200
) -> Response:
    profile = profile_of(session, actor.own_enterprise)
    return frame.show(
        "portal/profile.html",
        here="profile",
        profile=profile,
        step=_ORDER.index(profile.gate),
        contact=contact_of(session, actor.own_enterprise),
        rules_version=RULES_VERSION,
        errors=error or (),
        status=status,
    )


@router.get("/profile")
def profile_page(actor: EnterpriseDep, frame: FrameDep, session: SessionDep) -> Response:
    """基本情况 (SZ-06)."""
    return _profile(frame, session, actor)


@router.post("/profile")
def confirm(form: FormDep, actor: EnterpriseDep, frame: FrameDep, session: SessionDep) -> Response:
    """Confirm the base data; on the first time with the tick that the rules were read (SZ-13)."""

    def act() -> Gate:
        if form.text("rules"):
            read_rules(session, actor=actor, version=form.text("rules"), now=frame.now)
        return confirm_info(session, actor=actor, now=frame.now)

    outcome = attempt(session, act)
    if isinstance(outcome, DakaError):
        return _profile(frame, session, actor, outcome)
    return go(_NEXT[outcome] if outcome is not Gate.READY else "/portal/profile", "confirmed")


def _upload_page(
    frame: Frame, session: Session, actor: Actor, kind: str, error: DakaError | None = None
) -> Response:
    profile = profile_of(session, actor.own_enterprise)
    if profile.gate is Gate.INVITED or (kind == "video" and profile.gate is Gate.INFO_CONFIRMED):
        return RedirectResponse(_NEXT[profile.gate], 303)
    return frame.show(
        f"portal/{kind}.html",
        here=kind,
        profile=profile,
        step=_ORDER.index(profile.gate),
        file=newest_file(session, actor.own_enterprise, kind),
        errors=error or (),
    )


@router.get("/licence")
def licence_page(actor: EnterpriseDep, frame: FrameDep, session: SessionDep) -> Response:
    """营业执照 (SZ-10)."""
    return _upload_page(frame, session, actor, "licence")


@router.get("/video")
def video_page(actor: EnterpriseDep, frame: FrameDep, session: SessionDep) -> Response:
    """企业视频, with the template (SZ-11)."""
    return _upload_page(frame, session, actor, "video")


UploadDep = Annotated[Upload, Depends(one_upload, scope="function")]


@router.post("/licence")
def save_licence(
    actor: EnterpriseDep, upload: UploadDep, frame: FrameDep, session: SessionDep, parts: PartsDep
) -> Response:
    """Store the licence and go on to the video (SZ-10)."""
    act = _licence_step(session, actor, upload, parts.evidence, frame)
    return _after(frame, session, actor, "licence", attempt(session, act))


def _licence_step(
    session: Session, actor: Actor, upload: Upload, evidence: EvidenceStore, frame: Frame
) -> Callable[[], Gate]:
    def act() -> Gate:
        file = keep_document(upload, evidence)
        return store_licence(session, actor=actor, file=file, now=frame.now)

    return act


@router.post("/video")
def save_video(
    actor: EnterpriseDep, upload: UploadDep, frame: FrameDep, session: SessionDep, parts: PartsDep
) -> Response:
    """Store the video and open the tasks (SZ-12)."""

    def act() -> Gate:
        video = video_of(upload.file, size=upload.size, rule=upload.rule)
        file = keep_video(upload, video.media_type, parts.evidence)
        return store_video(session, actor=actor, file=file, duration_s=video.duration_s, now=frame.now)

    return _after(frame, session, actor, "video", attempt(session, act))


def _after(frame: Frame, session: Session, actor: Actor, kind: str, outcome: Gate | DakaError) -> Response:
    if isinstance(outcome, DakaError):
        return _upload_page(frame, session, actor, kind, outcome)
    return go("/portal/video" if kind == "licence" and outcome is not Gate.READY else _NEXT[outcome], kind)


@router.get("/files/{kind}")
def own_file(
    kind: str,
    actor: EnterpriseDep,
    session: SessionDep,
    parts: PartsDep,
    part: Annotated[str, Header(alias="Range")] = "",
) -> Response:
    """One's own licence or video."""
    row = newest_file(session, actor.own_enterprise, kind)
    if row is None:
        raise NotFound
    return shown_file(parts.evidence, row.sha256, row.media_type, part=part)


def _contact(
    frame: Frame,
    session: Session,
    actor: Actor,
    error: DakaError | None = None,
    *,
    name: str = "",
    phone: str = "",
    is_sent: bool = False,
    done: str = "",
) -> Response:
    # Shown without a redirect: name and number do not belong into an address that servers log.
    return frame.show(
        "portal/contact.html",
        here="profile",
        contact=contact_of(session, actor.own_enterprise),
        name=name,
        new_phone=phone,
        sent=is_sent,
        errors=error or (),
        done=done,
    )


@router.get("/contact")
def contact_page(actor: EnterpriseDep, frame: FrameDep, session: SessionDep) -> Response:
    """变更联系人 (SZ-08)."""
    return _contact(frame, session, actor)


@router.post("/contact/code")
def send_contact_code(
    form: FormDep, actor: EnterpriseDep, frame: FrameDep, session: SessionDep, mailing: MailingDep
) -> Response:
    """Text a code to the present contact."""
    name, phone = form.text("name"), form.text("phone")
    outcome = attempt(
        session,
        lambda: request_contact_change(session, actor=actor, new_phone=phone, mailing=mailing, now=frame.now),
    )
    if outcome is not None:
        return _contact(frame, session, actor, outcome, name=name, phone=phone)
    return _contact(frame, session, actor, name=name, phone=phone, is_sent=True, done="contact_code_sent")


@router.post("/contact")
def save_contact(
    form: FormDep,
    actor: EnterpriseDep,
    frame: FrameDep,
    session: SessionDep,
    mailing: MailingDep,
    parts: PartsDep,
    now: NowDep,
) -> Response:
    """Put the new contact in force; all sessions end, so this one does."""
    name, phone, code = form.text("name"), form.text("phone"), form.text("code")
    outcome = attempt(
        session,
        lambda: change_contact(
            session, actor=actor, name=name, phone=phone, code=code, mailing=mailing, now=now
        ),
    )
    if outcome is not None:
        return _contact(frame, session, actor, outcome, name=name, phone=phone, is_sent=True)
    answer = go("/login", "contact_changed")
    answer.delete_cookie(session_cookie(parts), path="/", secure=parts.settings.secure_cookies, httponly=True)
    return answer
