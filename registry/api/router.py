"""The store's routes, put together for whoever mounts them."""

from fastapi import APIRouter

from registry.api.declarations import declarations_router
from registry.api.deps import Deps
from registry.api.filings import filings_router
from registry.api.projects import projects_router

PREFIX = "/api/v1/store"


def make_router(deps: Deps) -> APIRouter:
    """Every route under /api/v1/store."""
    router = APIRouter(prefix=PREFIX, tags=["项目库"])
    router.include_router(filings_router(deps))
    router.include_router(projects_router(deps))
    router.include_router(declarations_router(deps))
    return router
