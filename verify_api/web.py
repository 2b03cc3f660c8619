"""Every page of the service, put on the app that already serves the APIs."""

from fastapi import FastAPI

from verify_api.accounts import pages as accounts
from verify_api.console import (
    attempt_pages,
    batch_pages,
    board_pages,
    enterprise_pages,
    fence_pages,
    lookalike_pages,
    photo_pages,
    policy_pages,
    requirement_pages,
    review_pages,
)
from verify_api.console import (
    case_pages as console_case_pages,
)
from verify_api.console import (
    notice_pages as console_notice_pages,
)
from verify_api.pages import assets, errors
from verify_api.portal import case_pages, choosing_pages, notice_pages, profile_pages, sync_pages
from verify_api.public import pages as public
from verify_api.store_pages import console as store_console
from verify_api.store_pages import imports as store_imports
from verify_api.store_pages import portal as store_portal
from verify_api.store_pages import project_page as store_project

ROUTERS = (
    assets.router,
    public.router,
    accounts.router,
    profile_pages.router,
    case_pages.router,
    choosing_pages.router,
    notice_pages.router,
    sync_pages.router,
    board_pages.router,
    review_pages.router,
    console_case_pages.router,
    console_notice_pages.router,
    attempt_pages.router,
    lookalike_pages.router,
    photo_pages.router,
    batch_pages.router,
    enterprise_pages.router,
    fence_pages.router,
    policy_pages.router,
    requirement_pages.router,
    store_portal.router,
    store_imports.router,
    store_console.router,
    store_project.router,
)


def install_pages(app: FastAPI) -> None:
    """Pages, their assets, and refusals in the form of pages. Comes after the handlers of `problems`."""
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
