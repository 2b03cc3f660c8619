"""基本情况: an enterprise's base data, the gates before its first task, and its contact."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints

from registry.db import Json
from verify_api.accounts.contact_change import change_contact, request_contact_change
from verify_api.accounts.contacts import contact_of
from verify_api.accounts.deps import EnterpriseDep, MailingDep
from verify_api.accounts.media import video_of
from verify_api.accounts.models import OnboardingFile
from verify_api.accounts.onboarding import (
    RULES_VERSION,
    confirm_info,
    profile_of,
    read_rules,
    store_licence,
    store_video,
)
from verify_api.accounts.routes import CodeSent, code_sent
from verify_api.accounts.rules import Gate
from verify_api.accounts.uploads import UploadDep, keep_document, keep_video
from verify_api.http.deps import Body, NowDep, PartsDep, SessionDep
from verify_api.http.problems import refusal

router = APIRouter(prefix="/api/v1/portal/profile", tags=["portal"])


class File(BaseModel):
    """An uploaded file as its owner sees it."""

    sha256: str
    media_type: str
    size: int
    duration_s: float | None
    uploaded_at: datetime


class ContactView(BaseModel):
    """The contact in force and, where it differs, the registry's."""

    name: str
    phone: str
    is_local: bool
    differs_from_registry: bool
    registry_name: str
    registry_phone: str


class RulesView(BaseModel):
    """The 操作细则 in force and whether they have been read."""

    version: str
    read_version: str
    read_at: datetime | None


class ProfileView(BaseModel):
    """Everything the 基本情况 page shows."""

    gate: Gate
    enterprise: Json
    synced_at: datetime
    confirmed_at: datetime | None
    confirmer: str
    is_changed_since: bool
    contact: ContactView
    rules: RulesView
    licence: File | None
    video: File | None


class GateView(BaseModel):
    """How far the enterprise has come."""

    gate: Gate


class RulesRead(Body):
    """Which version was read."""

    version: Annotated[str, StringConstraints(max_length=32)]


class Nothing(Body):
    """An act without particulars."""


class ContactCode(Body):
    """The new number that the old contact is asked to allow."""

    phone: Annotated[str, StringConstraints(min_length=1, max_length=32)]


class NewContact(ContactCode):
    """The new contact with the code that the old one was sent."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    code: Annotated[str, StringConstraints(min_length=1, max_length=16)]


@router.get("")
def show_profile(actor: EnterpriseDep, session: SessionDep) -> ProfileView:
    """Base data with their date, gates, contact, rules, files."""
    profile = profile_of(session, actor.own_enterprise)
    contact = contact_of(session, actor.own_enterprise)
    return ProfileView(
        gate=profile.gate,
        enterprise=profile.base,
        synced_at=profile.synced_at,
        confirmed_at=profile.confirmed_at,
        confirmer=profile.confirmer,
        is_changed_since=profile.is_changed,
        contact=ContactView(
            name=contact.name,
            phone=contact.phone,
            is_local=contact.is_local,
            differs_from_registry=contact.differs,
            registry_name=contact.upstream_name,
            registry_phone=contact.upstream_phone,
        ),
        rules=RulesView(
            version=RULES_VERSION, read_version=profile.rules_version, read_at=profile.rules_read_at
        ),
        licence=_file(profile.licence),
        video=_file(profile.video),
    )


def _file(row: OnboardingFile | None) -> File | None:
    return None if row is None else File.model_validate(row, from_attributes=True)


@router.post("/rules-read", status_code=204)
def mark_rules_read(body: RulesRead, actor: EnterpriseDep, session: SessionDep, now: NowDep) -> None:
    """已阅读操作细则 (SZ-13)."""
    read_rules(session, actor=actor, version=body.version, now=now)


@router.post("/confirm")
def confirm(_body: Nothing, actor: EnterpriseDep, session: SessionDep, now: NowDep) -> GateView:
    """Confirm the base data as they stand (SZ-06)."""
    return GateView(gate=confirm_info(session, actor=actor, now=now))


@router.post("/licence", openapi_extra={"requestBody": {"content": {"multipart/form-data": {}}}})
def upload_licence(
    actor: EnterpriseDep, upload: UploadDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> GateView:
    """Upload the licence (SZ-10): JPEG, PNG or PDF of the size allowed."""
    file = keep_document(upload, parts.evidence)
    return GateView(gate=store_licence(session, actor=actor, file=file, now=now))


@router.post("/video", openapi_extra={"requestBody": {"content": {"multipart/form-data": {}}}})
def upload_video(
    actor: EnterpriseDep, upload: UploadDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> GateView:
    """Upload the video (SZ-11): MP4 or MOV of the length and size allowed."""
    video = video_of(upload.file, size=upload.size, rule=upload.rule)
    file = keep_video(upload, video.media_type, parts.evidence)
    return GateView(gate=store_video(session, actor=actor, file=file, duration_s=video.duration_s, now=now))


@router.post("/contact/code", status_code=202)
def send_contact_code(
    body: ContactCode, actor: EnterpriseDep, session: SessionDep, mailing: MailingDep, now: NowDep
) -> CodeSent:
    """Text a code to the present contact (SZ-08)."""
    request_contact_change(session, actor=actor, new_phone=body.phone, mailing=mailing, now=now)
    return code_sent(session, now)


@router.post("/contact", status_code=204, response_class=Response)
def replace_contact(
    body: NewContact, actor: EnterpriseDep, session: SessionDep, mailing: MailingDep, now: NowDep
) -> Response:
    """Put the new contact in force; a new password goes to them and all sessions end (SZ-08)."""
    wrong = change_contact(
        session, actor=actor, name=body.name, phone=body.phone, code=body.code, mailing=mailing, now=now
    )
    return refusal(wrong) if wrong else Response(status_code=204)
