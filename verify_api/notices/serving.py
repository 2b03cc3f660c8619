"""Handing out documents: the one door to them, and the signed file as an answer."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.clock import SHANGHAI
from registry.errors import Conflict, NotFound
from verify_api.accounts.actor import Actor, Kind
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.models import Notice


class NoticeNotFound(NotFound):
    """Absent, or somebody else's."""

    code = "notice_not_found"
    message = "文书不存在，或无权查看"


class NotYetProduced(Conflict):
    """The number is given, the file is still being made."""

    code = "notice_not_produced"
    message = "文书正在生成，请稍后再试"


def notice_for(session: Session, notice_id: int, *, actor: Actor) -> Notice:
    """The document, if this actor may see it.

    Raises:
        NoticeNotFound: Absent, or somebody else's.
    """
    notice = session.get(Notice, notice_id)
    allowed = notice is not None and (
        actor.kind is Kind.STAFF
        or (actor.kind is Kind.ENTERPRISE and notice.enterprise_id == actor.enterprise_id)
    )
    if notice is None or not allowed:
        raise NoticeNotFound
    return notice


def notice_view(notice: Notice) -> dict[str, Any]:
    """A document in a list."""
    times = {
        name: getattr(notice, name).astimezone(SHANGHAI).isoformat() if getattr(notice, name) else None
        for name in ("issued_at", "produced_at", "delivered_at", "served_at", "viewed_at", "rescinded_at")
    }
    return {
        "id": notice.id,
        "kind": notice.kind,
        "reference": notice.reference,
        "sha256": notice.sha256,
        "code": notice.code,
        "is_in_force": notice.is_in_force,
        "issued_on": notice.issued_on.isoformat(),
    } | times


def pdf_answer(notice: Notice, store: EvidenceStore) -> Response:
    """The signed file.

    Raises:
        NotYetProduced: It is still being made.
    """
    if notice.sha256 is None:
        raise NotYetProduced
    name = f"notice-{notice.letters.encode().hex()[:8]}-{notice.year}-{notice.number}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(store.get(notice.sha256), media_type="application/pdf", headers=headers)
