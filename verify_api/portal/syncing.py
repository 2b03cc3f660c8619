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
from verify_api.policy.service import rules_at

router = APIRouter(prefix="/api/v1/portal", tags=["portal"])


class SyncTooSoon(TooMany):
    """The button works once in a while for each enterprise; how often says the policy (SZ-07)."""

    code = "sync_too_soon"
    message = "同步过于频繁，请稍后再试"


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
    interval_s = rules_at(session, now).sync.button_interval_s
    if last is not None and now - last < timedelta(seconds=interval_s):
        wait_s = interval_s - int((now - last).total_seconds())
        raise SyncTooSoon(f"同步过于频繁，请{wait_s}秒后再试", retry_after_s=wait_s)
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
