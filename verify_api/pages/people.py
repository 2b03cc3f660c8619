"""Names for ids, so that lists of ids can be shown to people."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.people.models import Person
from verify_api.accounts.models import Account


def names_of(session: Session, people: Collection[int]) -> dict[int, Person]:
    """Person by id."""
    rows = session.scalars(select(Person).where(Person.id.in_(people)))
    return {row.id: row for row in rows}


def actors_named(session: Session, labels: Collection[str | None]) -> dict[str, str]:
    """A name for each `staff:7`, `enterprise:3`, `person:9`, `system`; unknown ones as they are."""
    kinds = {"system": "系统自动", "operator": "系统管理员", "person": "打卡人员", "release": "系统发布"}
    ids = {int(tail) for label in labels if label and (tail := label.partition(":")[2]).isdigit()}
    accounts = {row.id: row for row in session.scalars(select(Account).where(Account.id.in_(ids)))}
    named = {}
    for label in labels:
        if not label:
            continue
        tail = label.partition(":")[2]
        account = accounts.get(int(tail)) if tail.isdigit() else None
        named[label] = account.name if account else kinds.get(label, label)
    return named
