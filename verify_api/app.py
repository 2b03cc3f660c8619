"""`create_app`: the only composition root of the service."""

from fastapi import FastAPI

from verify_api.http import problems
from verify_api.http.headers import SecurityHeaders
from verify_api.http.idempotency import IdempotencyMiddleware
from verify_api.parts import Parts


def create_app(parts: Parts) -> FastAPI:
    """The web service over the given parts."""
    app = FastAPI(
        title="Daka 建筑业企业资质动态核查",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.parts = parts
    problems.install(app)
    app.add_middleware(IdempotencyMiddleware)
    app.add_middleware(SecurityHeaders)
    app.get("/healthz", include_in_schema=False)(_health)
    return app


def _health() -> dict[str, str]:
    return {"status": "ok"}
