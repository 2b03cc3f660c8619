"""A consent is to the text in force (个人信息保护法 14, 17, 29); taking it back is never refused."""

import pytest
from sqlalchemy import select

from tests.verify_api.doors.callers import Headers
from tests.verify_api.factories import set_policy
from tests.verify_api.pages.conftest import Site
from verify_api.faces.models import FaceConsent
from verify_api.policy.consent import TEXT

ROOT = "/api/v1/miniapp"
NEWER = {"consent.notice_version": "2025-1", "consent.notice_text": TEXT + "\n照片不出本市政务云。"}


def _consents(site: Site) -> list[tuple[str, bool]]:
    """Each consent's version, and whether it stands."""
    site.bureau.session.expire_all()
    rows = site.bureau.session.scalars(select(FaceConsent).order_by(FaceConsent.id))
    return [(row.notice_version, row.withdrawn_at is None) for row in rows if row.channel == "miniapp"]


def _answer(site: Site, phone: Headers, version: str, *, granted: bool = True) -> tuple[int, str | None]:
    body = {"notice_version": version, "granted": granted}
    answer = site.client.post(f"{ROOT}/consents", json=body, headers=phone)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("version", ["2", "1.0", "01", "最新"])
def test_a_consent_to_a_text_that_never_was_is_none(site: Site, phone: Headers, version: str) -> None:
    before = _consents(site)
    assert _answer(site, phone, version) == (409, "notice_not_in_force")
    assert _consents(site) == before


def test_a_new_text_is_shown_and_only_a_consent_to_it_counts(site: Site, phone: Headers) -> None:
    assert site.client.get(f"{ROOT}/notice").json()["text"] == TEXT
    set_policy(site.bureau.session, NEWER)
    shown = site.client.get(f"{ROOT}/notice").json()
    assert (shown["version"], shown["text"]) == ("2025-1", NEWER["consent.notice_text"])
    assert _answer(site, phone, "1") == (409, "notice_not_in_force")
    assert _answer(site, phone, "2025-1") == (200, None)
    assert _consents(site)[-1] == ("2025-1", True)


def test_a_consent_is_taken_back_whatever_text_the_phone_shows(site: Site, phone: Headers) -> None:
    assert _answer(site, phone, "1") == (200, None)
    set_policy(site.bureau.session, NEWER)
    assert _answer(site, phone, "1", granted=False) == (200, None)
    assert _consents(site)[-1] == ("1", False)
