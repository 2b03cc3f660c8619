"""One uploaded file per request, read only after the caller is known."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from registry.errors import Invalid
from verify_api.accounts.deps import CallerDep, refuse_large
from verify_api.accounts.media import document_type
from verify_api.evidence.store import EvidenceStore, StoredFile
from verify_api.http.deps import NowDep, SessionDep
from verify_api.policy.service import rules_at
from verify_api.policy.values import Uploads


class FileMissingInForm(Invalid):
    """The form carries no file under `file`, or more than one."""

    code = "file_required"
    message = "请选择要上传的文件"


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a form with its other fields. `file` is spooled to disk when it is large."""

    file: BinaryIO
    size: int
    fields: dict[str, str]
    rule: Uploads  # what is taken


def upload_rule(session: SessionDep, now: NowDep) -> Uploads:
    """What the policy in force takes."""
    return rules_at(session, now).uploads


async def one_upload(
    request: Request, _caller: CallerDep, rule: Annotated[Uploads, Depends(upload_rule)]
) -> AsyncIterator[Upload]:
    """The file named `file` of a multipart form.

    Raises:
        FileMissingInForm: There is none.
        WrongFile: The body is too large, or does not say how large it is.
    """
    refuse_large(request)
    async with request.form(max_files=1, max_fields=20) as form:
        found = form.get("file")
        if not isinstance(found, UploadFile) or not found.filename:
            raise FileMissingInForm
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        yield Upload(found.file, found.size or 0, fields, rule)


UploadDep = Annotated[Upload, Depends(one_upload, scope="function")]


def keep_document(upload: Upload, evidence: EvidenceStore) -> StoredFile:
    """Look at a licence or certificate file and store it.

    Raises:
        WrongFile: Not a JPEG, PNG or PDF of the size allowed.
    """
    upload.file.seek(0)
    media_type = document_type(upload.file.read(16), size=upload.size, rule=upload.rule)
    upload.file.seek(0)
    return evidence.put(upload.file.read(), media_type=media_type)


def keep_video(upload: Upload, media_type: str, evidence: EvidenceStore) -> StoredFile:
    """Store a video whose boxes have been looked at."""
    return evidence.put_file(upload.file, media_type=media_type)
