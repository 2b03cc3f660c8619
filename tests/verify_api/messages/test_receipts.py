"""Receipts: any order, any number of times, and only what is true moves a message."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from tests.verify_api.messages.fakes import CASE, CONTACT, at, open_case
from tests.verify_api.messages.post import Post
from verify_api.messages import kinds, queries, service
from verify_api.messages.adapters.base import Receipt
from verify_api.messages.models import Message, MessageReceipt
from verify_api.messages.outbox import Recipient
from verify_api.messages.rules import MessageStateConflict, RetryPlan
from verify_api.messages.service import SecretIsGone
from verify_api.messages.templates import Kind

SENT_AT = at("2026-03-02 10:00")


def said(post: Post, *, ok: bool, n: int = -1, final: bool = False, when: str | None = None) -> Receipt:
    """What the carrier says of the n-th text that was sent."""
    return Receipt(
        "fake",
        ok,
        "DELIVRD" if ok else "MK:0001" if final else "UNDELIV",
        reference=post.provider.sent[n].reference,
        phone=post.provider.sent[n].phone,
        reported_at=at(when) if when else None,
        is_final_failure=final,
    )


@pytest.fixture
def stock(post: Post) -> int:
    """A 核查短信 that the provider has accepted."""
    with post.sessions.begin() as session:
        to = replace(CONTACT, case_id=open_case(session))
        message = kinds.stock_inspection_started(session, to=to, key="s", now=post.clock(), **CASE)
    post.run()
    return message.id


def delivery(post: Post, message_id: int) -> datetime | None:
    case_id = post.row(message_id).case_id
    assert case_id is not None
    with post.sessions.begin() as session:
        return queries.first_delivery(session, case_id=case_id, kind=Kind.STOCK_INSPECTION_STARTED)


@pytest.mark.rule("SZ-32")
def test_accepted_is_not_delivered_and_proves_nothing(post: Post, stock: int) -> None:
    assert post.row(stock).state == "accepted"
    assert delivery(post, stock) is None


@pytest.mark.rule("SZ-32")
def test_the_first_successful_receipt_counts_with_the_carriers_time(post: Post, stock: int) -> None:
    post.clock.forward(hours=2)
    post.receive(said(post, ok=True, when="2026-03-02 10:00:07"))
    assert post.row(stock).state == "delivered"
    assert delivery(post, stock) == at("2026-03-02 10:00:07")
    post.receive(said(post, ok=True, when="2026-03-02 11:00"))
    assert delivery(post, stock) == at("2026-03-02 10:00:07")


@pytest.mark.rule("SZ-32")
@pytest.mark.parametrize("final", [False, True])
def test_a_failure_is_no_receipt_and_goes_to_the_staff_list_when_nothing_is_left_to_try(
    post: Post, stock: int, final: bool
) -> None:
    post.receive(said(post, ok=False, final=final))
    assert delivery(post, stock) is None
    if not final:
        for _ in RetryPlan().unreached:
            post.clock.now = post.row(stock).next_try_at or post.clock.now
            post.run()
            post.receive(said(post, ok=False))
    row = post.row(stock)
    assert (row.state, row.next_try_at) == ("failed_permanent" if final else "failed_temporary", None)
    with post.sessions.begin() as session:
        failed = queries.undelivered(
            session, kinds=[Kind.STOCK_INSPECTION_STARTED], silent_since=SENT_AT, limit=9
        )
    assert [message.id for message in failed] == [stock]


@pytest.mark.rule("SZ-32")
def test_a_phone_that_was_off_is_tried_again_and_resends_do_not_restart_the_clock(
    post: Post, stock: int
) -> None:
    post.receive(said(post, ok=False))
    assert post.row(stock).next_try_at == SENT_AT + timedelta(hours=1)
    post.clock.forward(hours=1)
    post.run()
    first, second = post.provider.sent
    assert first.reference != second.reference and first.text == second.text
    # The carrier finds the first text after all, before the second.
    post.clock.forward(minutes=5)
    post.receive(said(post, ok=True, n=0, when="2026-03-02 11:04"))
    post.receive(said(post, ok=True, n=1, when="2026-03-02 11:05"))
    assert delivery(post, stock) == at("2026-03-02 11:04")


def test_a_failure_of_an_earlier_try_says_nothing_about_the_present_one(post: Post, stock: int) -> None:
    post.receive(said(post, ok=False))
    post.clock.forward(hours=1)
    post.run()
    post.receive(said(post, ok=False, n=0, final=True, when="2026-03-02 10:30"))
    assert post.row(stock).state == "accepted"


def test_a_late_success_beats_a_failure_and_a_late_failure_does_not_undo_a_success(
    post: Post, stock: int
) -> None:
    post.receive(said(post, ok=False, final=True))
    assert post.row(stock).state == "failed_permanent"
    post.receive(said(post, ok=True))
    post.receive(said(post, ok=False, final=True, when="2026-03-02 10:00"))
    row = post.row(stock)
    assert (row.state, row.error_code) == ("delivered", None)
    with post.sessions.begin() as session:
        assert [r.is_delivered for r in queries.receipts_of(session, stock)] == [False, True, False]


def test_the_same_receipt_pushed_three_times_is_kept_and_applied_once(post: Post, stock: int) -> None:
    for _ in range(3):
        message = post.receive(said(post, ok=False))
        assert message is not None and message.id == stock
    assert post.row(stock).unreached == 1
    with post.sessions.begin() as session:
        assert len(queries.receipts_of(session, stock)) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"reference": "9999-1-deadbeef"},
        {"phone": "13900002222"},
        {"provider_id": "F-other"},
        {"provider": "aliyun"},
        {"reference": None, "provider_id": None},
    ],
)
def test_a_receipt_that_contradicts_what_we_sent_is_kept_and_moves_nothing(
    post: Post, stock: int, forged: dict[str, str | None]
) -> None:
    true = said(post, ok=True)
    fields = {"reference": true.reference, "phone": true.phone, "provider": "fake"} | forged
    receipt = Receipt(is_delivered=True, code="DELIVRD", **fields)  # type: ignore[arg-type]
    assert post.receive(receipt) is None
    assert post.row(stock).state == "accepted"
    with post.sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(MessageReceipt)) == 1


def test_a_receipt_without_our_reference_is_found_by_the_providers_id(post: Post, stock: int) -> None:
    provider_id = post.row(stock).provider_id
    post.receive(Receipt("fake", True, "DELIVRD", provider_id=provider_id))
    assert post.row(stock).state == "delivered"


def test_a_receipt_that_came_before_we_knew_the_providers_id_is_adopted(post: Post) -> None:
    message_id = post.leave()

    def receipt_is_faster(_outgoing: object) -> None:
        provider_id = f"F-{post.provider.sent[0].reference}"
        assert post.receive(Receipt("fake", True, "DELIVRD", provider_id=provider_id)) is None

    post.provider.on_send = receipt_is_faster
    post.run()
    assert post.row(message_id).state == "delivered"
    with post.sessions.begin() as session:
        assert len(queries.receipts_of(session, message_id)) == 1


def test_a_code_that_did_not_arrive_is_not_sent_again_because_nobody_has_it_any_more(post: Post) -> None:
    message_id = post.leave_code()
    post.run()
    post.receive(said(post, ok=False))
    row = post.row(message_id)
    assert (row.state, row.next_try_at, row.sealed) == ("failed_temporary", None, None)
    with pytest.raises(SecretIsGone), post.sessions.begin() as session:
        service.resend(session, message_id, now=post.clock())


@pytest.mark.parametrize(
    "change", ["UPDATE message_receipts SET is_delivered = true", "DELETE FROM message_receipts"]
)
def test_receipts_cannot_be_changed_or_deleted(post: Post, stock: int, change: str) -> None:
    post.receive(said(post, ok=False))
    with pytest.raises(DatabaseError, match="append-only"), post.sessions.begin() as session:
        session.execute(text(change))


def test_a_secret_cannot_be_left_in_a_row_that_was_sent(post: Post) -> None:
    message_id = post.leave_code()
    post.run()
    with pytest.raises(DatabaseError, match="no_secret_after_sending"), post.sessions.begin() as session:
        session.execute(update(Message).where(Message.id == message_id).values(sealed=b"x"))


@pytest.mark.rule("SZ-32")
def test_a_delivery_is_offered_until_it_has_been_acted_on_and_only_once(post: Post, stock: int) -> None:
    post.receive(said(post, ok=True))
    case_id = post.row(stock).case_id
    with post.sessions.begin() as session:
        (found,) = service.newly_delivered(session, kind=Kind.STOCK_INSPECTION_STARTED, limit=9)
        assert (found.message_id, found.case_id, found.delivered_at) == (stock, case_id, SENT_AT)
        assert service.newly_delivered(session, kind=Kind.NOTICE_ISSUED, limit=9) == []
        assert service.mark_handled(session, stock, now=post.clock())
        assert not service.mark_handled(session, stock, now=post.clock())
        assert service.newly_delivered(session, kind=Kind.STOCK_INSPECTION_STARTED, limit=9) == []


def test_what_is_not_delivered_cannot_be_acted_on(post: Post, stock: int) -> None:
    with post.sessions.begin() as session:
        assert not service.mark_handled(session, stock, now=post.clock())


def test_an_officer_may_send_again_what_failed_or_stayed_unanswered(post: Post, stock: int) -> None:
    with post.sessions.begin() as session:
        service.resend(session, stock, now=post.clock())
    post.run()
    assert post.provider.rings == {CONTACT.phone: 2}
    post.receive(said(post, ok=True, n=0))
    with pytest.raises(MessageStateConflict), post.sessions.begin() as session:
        service.resend(session, stock, now=post.clock())


def test_a_number_that_cannot_be_texted_is_not_tried_again(session: Session) -> None:
    message = kinds.passed(session, to=Recipient("0755-83788725"), key="k", now=SENT_AT, **CASE)
    with pytest.raises(service.NumberCannotBeTexted):
        service.resend(session, message.id, now=SENT_AT)


def test_a_receipt_pushed_again_after_we_learnt_whose_it_is_counts(post: Post) -> None:
    message_id = post.leave()
    early = Receipt("fake", True, "DELIVRD", provider_id="F-later")
    assert post.receive(early) is None
    post.run()
    with post.sessions.begin() as session:
        queries.attempts_of(session, message_id)[0].provider_id = "F-later"
    post.receive(early)
    assert post.row(message_id).state == "delivered"


def test_resending_what_does_not_exist_says_so(session: Session) -> None:
    with pytest.raises(service.MessageNotFound):
        service.resend(session, 10**12, now=SENT_AT)


@pytest.mark.rule("SZ-32")
def test_where_receipts_are_not_pushed_they_are_asked_for(post: Post, stock: int) -> None:
    ask = lambda: service.poll_receipts(post.sessions, provider=post.provider, clock=post.clock)  # noqa: E731
    assert ask() == 0 and post.provider.asked == []
    post.clock.forward(minutes=15)
    assert ask() == 0 and len(post.provider.asked) == 1
    assert ask() == 0 and len(post.provider.asked) == 1
    post.clock.forward(minutes=15)
    post.provider.receipts[post.provider.sent[0].reference] = said(post, ok=True, when="2026-03-02 10:20")
    assert ask() == 1
    assert delivery(post, stock) == at("2026-03-02 10:20")
    post.clock.forward(hours=1)
    assert ask() == 0 and len(post.provider.asked) == 2


def test_after_72_hours_nobody_asks_any_more_and_staff_see_it(post: Post, stock: int) -> None:
    post.clock.forward(hours=72)
    assert service.poll_receipts(post.sessions, provider=post.provider, clock=post.clock) == 0
    assert post.provider.asked == []
    with post.sessions.begin() as session:
        silent = queries.undelivered(
            session, kinds=[Kind.STOCK_INSPECTION_STARTED], silent_since=SENT_AT, limit=9
        )
        assert [message.id for message in silent] == [stock]
        soon = SENT_AT - timedelta(seconds=1)
        kinds_ = [Kind.STOCK_INSPECTION_STARTED]
        assert queries.undelivered(session, kinds=kinds_, silent_since=soon, limit=9) == []


@pytest.mark.rule("SZ-03")
def test_every_try_and_every_receipt_stays_on_record(post: Post, stock: int) -> None:
    post.receive(said(post, ok=False))
    post.clock.forward(hours=1)
    post.run()
    post.receive(said(post, ok=True))
    with post.sessions.begin() as session:
        assert [(a.n, a.outcome) for a in queries.attempts_of(session, stock)] == [
            (1, "accepted"),
            (2, "accepted"),
        ]
        assert [r.is_delivered for r in queries.receipts_of(session, stock)] == [False, True]
        assert [m.id for m in queries.of_case(session, post.row(stock).case_id or 0)] == [stock]
