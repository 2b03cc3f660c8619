"""What tests of a case do in one line: open it, deliver, approve, come; and what they ask afterwards."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Origin
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, make_firm
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import lists, review, serving
from verify_api.cases.files import add_report
from verify_api.cases.models import Case, PersonList
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.checkins.verification import accept
from verify_api.evidence.store import StoredFile
from verify_api.messages.models import Message
from verify_api.notices.models import Notice

REPORT = StoredFile("a" * 64, 1, "application/pdf")
REASON = [GivenReason(StockReason.WAGE_ARREARS, "接到投诉")]


def open_first(session: Session, firm: Firm, now: datetime) -> Case:
    """A FIRST case."""
    [case] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=now)
    return case


def open_stock(session: Session, firm: Firm, now: datetime) -> Case:
    """A STOCK case for which the message has been sent."""
    case, _ = open_stock_case(
        session, enterprise=firm.enterprise, reasons=REASON, item_ids=None, actor=ADMIN, now=now
    )
    return case


def deliver(session: Session, case: Case, now: datetime) -> None:
    """The carrier's receipt arrives."""
    serving.serve_by_receipt(session, case, delivered_at=now, message_id=1, now=now)


def approve(session: Session, firm: Firm, case: Case, now: datetime) -> PersonList:
    """A sufficient list is sent and approved."""
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=now)
    return review.approve(session, case, opinion="", actor=REVIEWER, now=now)


def come(session: Session, case: Case, row: PersonList, people: list[int], now: datetime) -> None:
    """These people check in."""
    for person in people:
        accept(
            session,
            case,
            list_id=row.id,
            person_id=person,
            attempt_id=None,
            method="window",
            received_at=now,
            actor=SYSTEM,
            now=now,
        )


def messages(session: Session, case: Case) -> list[str]:
    """Kinds of the messages of a case, in order."""
    return list(session.scalars(select(Message.kind).where(Message.case_id == case.id).order_by(Message.id)))


def notices(session: Session, case: Case) -> list[str]:
    """Kinds of the documents of a case, in order."""
    return list(session.scalars(select(Notice.kind).where(Notice.case_id == case.id).order_by(Notice.id)))


def stock_firm(session: Session) -> Firm:
    """A firm of the STOCK track whose certificate ends long after every test."""
    return make_firm(session, origin=Origin.ORDINARY, valid_to=date(2040, 1, 1), permit_to=date(2040, 1, 1))


def served(session: Session, firm: Firm, now: datetime) -> Case:
    """A STOCK case whose clock runs from today."""
    case = open_stock(session, firm, now)
    deliver(session, case, now)
    return case


def report(session: Session, firm: Firm, case: Case, now: datetime) -> None:
    """A 整改报告."""
    add_report(session, case, text="已整改", file=REPORT, actor=firm.actor, now=now)
