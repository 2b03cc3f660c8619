"""Who speaks in the messages of a case: the signature and the number of the office that runs the service."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.verify_api.cases.steps import served, stock_firm
from tests.verify_api.factories import at
from verify_api.deadlines.sweep import act
from verify_api.messages.models import Message
from verify_api.settings import settings


@pytest.fixture
def another_office(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DAKA_SMS_SIGNATURE", "示例区住建局")
    monkeypatch.setenv("DAKA_HELP_PHONE", "0755-10000000")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("another_office")
def test_steps_speak_under_the_configured_signature_which_alone_the_provider_knows(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    left = session.scalars(select(Message).where(Message.case_id == case.id)).all()
    assert len(left) >= 2
    assert {message.signature for message in left} == {"示例区住建局"}
    assert all("0755-83788725" not in message.text for message in left)
