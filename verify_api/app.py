"""`create_app`: the only composition root of the service."""

from fastapi import FastAPI

from registry.sync.upstream import Upstream
from verify_api.accounts.routes import router as accounts
from verify_api.console.batches import router as console_batches
from verify_api.console.cases import router as console_cases
from verify_api.console.handwork import router as console_handwork
from verify_api.console.notices import router as console_notices
from verify_api.console.operations import router as console_operations
from verify_api.console.policies import router as console_policies
from verify_api.console.requirements import router as console_requirements
from verify_api.console.retention import router as console_retention
from verify_api.http import problems
from verify_api.http.headers import SecurityHeaders
from verify_api.http.idempotency import IdempotencyMiddleware
from verify_api.http.limits import BodyLimit
from verify_api.messages.routes import router as receipts
from verify_api.miniapp.attempts import router as miniapp_attempts
from verify_api.miniapp.sessions import router as miniapp_sessions
from verify_api.miniapp.wechat import IdentityProvider
from verify_api.outside import make_identity, make_upstream
from verify_api.parts import Parts
from verify_api.portal.cases import router as portal_cases
from verify_api.portal.profile import router as portal_profile
from verify_api.portal.syncing import router as portal_sync
from verify_api.public.routes import router as public
from verify_api.selection.routes import router as selection
from verify_api.store_pages.access import api as store
from verify_api.web import install_pages

ROUTERS = (
    accounts,
    portal_profile,
    portal_cases,
    portal_sync,
    selection,
    console_cases,
    console_handwork,
    console_notices,
    console_operations,
    console_policies,
    console_requirements,
    console_batches,
    console_retention,
    miniapp_sessions,
    miniapp_attempts,
    receipts,
    public,
    store,
)


def create_app(
    parts: Parts, *, identity: IdentityProvider | None = None, upstream: Upstream | None = None
) -> FastAPI:
    """The web service over the given parts; what is not given comes from the settings."""
    app = FastAPI(
        title="Daka 建筑业企业资质动态核查",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.parts = parts
    app.state.identity = identity or make_identity(parts.settings)
    app.state.upstream = upstream or make_upstream(parts.settings)
    problems.install(app)
    app.add_middleware(IdempotencyMiddleware)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.get("/healthz", include_in_schema=False)(_health)
    for router in ROUTERS:
        app.include_router(router)
    install_pages(app)
    return app


def _health() -> dict[str, str]:
    return {"status": "ok"}
