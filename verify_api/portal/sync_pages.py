"""The buttons 同步三库企业信息 and 同步三库人员资质 on pages (SZ-07, SZ-17)."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from registry.errors import Unavailable
from registry.sync.service import refresh
from registry.sync.upstream import Upstream
from verify_api.accounts.deps import EnterpriseDep
from verify_api.http.deps import PartsDep, SessionDep
from verify_api.pages.forms import FormDep
from verify_api.pages.render import FrameDep, go
from verify_api.portal.syncing import Sync, UpstreamMissing, allowed

router = APIRouter(prefix="/portal", include_in_schema=False)

_BACK = {"enterprise": "/portal/profile", "people": "/portal"}


class SyncFailed(Unavailable):
    """The library did not answer; the old data stand with their date."""

    code = "sync_failed"
    message = "“三库一平台”暂时没有响应，现有资料保持不变"
    hint = "请稍后再试；每天凌晨会自动同步"


@router.post("/sync")
def sync(
    form: FormDep,
    actor: EnterpriseDep,
    session: SessionDep,
    frame: FrameDep,
    parts: PartsDep,
    request: Request,
) -> Response:
    """Fetch now, then back to where the button was."""
    scope: Literal["enterprise", "people"] = "people" if form.text("scope") == "people" else "enterprise"
    uscc = allowed(Sync(scope=scope), actor, session, frame.now)
    upstream: Upstream | None = request.app.state.upstream
    if upstream is None:
        raise UpstreamMissing
    [run] = refresh(
        parts.sessions,
        upstream=upstream,
        uscc=uscc,
        store=parts.evidence,
        keyring=parts.keyring,
        now=frame.now,
        scopes=[scope],
    )
    if not run.ok:
        raise SyncFailed
    case = form.text("case")
    back = (
        f"/portal/cases/{case}/people" if case and case.replace("-", "").isalnum() and case.isascii() else ""
    )
    return go(back or _BACK[scope], "synced")
