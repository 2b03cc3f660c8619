"""`/api/v1/portal/sync`: the button 同步三库企业信息 / 同步三库人员资质 (SZ-07, SZ-17)."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from registry.enterprises.models import Enterprise, SyncRun
from registry.errors import TooMany, Unavailable
from registry.sync.service import refresh
from registry.sync.upstream import Upstream
from verify_api.accounts.deps import EnterpriseDep
from verify_api.cases.views import iso
from verify_api.http.deps import Body, NowDep, PartsDep, SessionDep

router = APIRouter(prefix="/api/v1/portal", tags=["portal"])
GAP = timedelta(seconds=60)


class SyncTooSoon(TooMany):
    """The button works once a minute for each enterprise."""

    code = "sync_too_soon"
    message = "同步过于频繁，请一分钟后再试"


class UpstreamMissing(Unavailable):
    """No upstream library is set."""

    code = "upstream_not_configured"
    message = "尚未配置“三库一平台”的地址"


class Sync(Body):
    """What to fetch."""

    scope: Literal["enterprise", "people"]


def allowed(body: Sync, actor: EnterpriseDep, session: SessionDep, now: NowDep) -> str:
    """The USCC of the enterprise, if it has not just synced."""
    last = session.scalar(
        select(SyncRun.started_at)
        .where(SyncRun.enterprise_id == actor.own_enterprise, SyncRun.scope == body.scope)
        .order_by(SyncRun.id.desc())
        .limit(1)
    )
    if last is not None and now - last < GAP:
        raise SyncTooSoon(retry_after_s=60)
    return _uscc(session, actor.own_enterprise)


def _uscc(session: Session, enterprise_id: int) -> str:
    return session.get_one(Enterprise, enterprise_id).uscc


@router.post("/sync")
async def sync(
    body: Sync, uscc: Annotated[str, Depends(allowed)], parts: PartsDep, request: Request, now: NowDep
) -> dict[str, Any]:
    """Fetch now. If the library does not answer, the old data stand with their date."""
    upstream: Upstream | None = request.app.state.upstream
    if upstream is None:
        raise UpstreamMissing
    [run] = await run_in_threadpool(
        refresh,
        parts.sessions,
        upstream=upstream,
        uscc=uscc,
        store=parts.evidence,
        keyring=parts.keyring,
        now=now,
        scopes=[body.scope],
    )
    return {"ok": run.ok, "error": run.error, "counts": run.counts, "at": iso(run.started_at)}
