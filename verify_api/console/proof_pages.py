"""送达凭证: the scan, or the officer's words, that prove a service by other means (SZ-32)."""

from datetime import datetime

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import NotFound
from verify_api.accounts.deps import StaffDep
from verify_api.accounts.media import document_type, media_type_of
from verify_api.cases.access import case_for
from verify_api.cases.models import CaseEvent
from verify_api.evidence.store import EvidenceStore
from verify_api.http.deps import PartsDep, SessionDep
from verify_api.pages.files import shown_file
from verify_api.pages.forms import Fields
from verify_api.policy.service import rules_at

router = APIRouter(prefix="/console", include_in_schema=False)
HEAD = 16


def keep_proof(session: Session, form: Fields, *, said: str, evidence: EvidenceStore, now: datetime) -> str:
    """Digest of the proof: the scan of the form if one came with it, otherwise what the officer wrote.

    Raises:
        WrongFile: The scan is no JPEG, PNG or PDF of the size allowed.
    """
    scan = form.file("scan")
    if scan is None:
        return evidence.put(said.encode(), media_type="text/plain; charset=utf-8").sha256
    data = scan.file.read()
    media_type = document_type(data[:HEAD], size=len(data), rule=rules_at(session, now).uploads)
    return evidence.put(data, media_type=media_type).sha256


@router.get("/cases/{number}/proofs/{digest}")
def proof_file(number: str, digest: str, actor: StaffDep, session: SessionDep, parts: PartsDep) -> Response:
    """A proof that stands in the history of the case."""
    case = case_for(session, number, actor=actor)
    known = select(CaseEvent.id).where(
        CaseEvent.case_id == case.id, CaseEvent.facts["proof_sha256"].astext == digest
    )
    if session.scalar(known.limit(1)) is None:
        raise NotFound
    media_type = media_type_of(parts.evidence.get(digest)[:HEAD]) or "text/plain"
    return shown_file(parts.evidence, digest, media_type, name=f"proof-{digest[:12]}")
