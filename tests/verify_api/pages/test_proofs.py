"""送达 by other means: the proof may be a scan, and whoever reads the case can open it."""

import re

import pytest

from tests.verify_api.accounts.films import PDF
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.cases.states import State

SERVED = {"served_on": "2026-11-20", "method": "in_person", "proof": "前台签收"}


def served(site: Site, **more: object):  # type: ignore[no-untyped-def]
    """An officer enters that the 核查通知 was handed over."""
    site.as_staff(Role.REVIEWER)
    page = f"/console/cases/{site.number('notifying')}"
    return site.post(f"{page}/acts/service", SERVED, on=page, **more)


def proof(site: Site) -> bytes:
    """What the link in the history leads to."""
    html = site.get(f"/console/cases/{site.number('notifying')}").text
    [link] = re.findall(r'href="(/console/cases/[^"]+/proofs/[0-9a-f]{64})"', html)
    return site.get(link).content


@pytest.mark.rule("SZ-32")
def test_the_scan_of_a_receipt_is_kept_and_can_be_opened(site: Site) -> None:
    assert served(site, files={"scan": ("回执.pdf", PDF, "application/pdf")}).status_code == 303
    site.bureau.session.expire_all()
    assert site.bureau.cases["notifying"].state == State.OPEN
    assert proof(site) == PDF


def test_without_a_scan_the_officers_words_are_the_proof(site: Site) -> None:
    assert served(site).status_code == 303
    assert proof(site).decode() == "前台签收"


def test_what_is_no_scan_starts_no_clock(site: Site) -> None:
    refused = served(site, files={"scan": ("回执.pdf", b"<html>", "application/pdf")})
    assert (refused.status_code, "文件不是 JPG、PNG 或 PDF" in refused.text) == (422, True)
    site.bureau.session.expire_all()
    assert site.bureau.cases["notifying"].state == State.NOTIFYING


def test_a_proof_is_no_key_to_other_files(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    number = site.number("notifying")
    assert site.get(f"/console/cases/{number}/proofs/{'a' * 64}").status_code == 404
