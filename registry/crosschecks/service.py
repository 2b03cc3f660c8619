"""Asking outside registers about people. What they do not answer is not held against anybody."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from registry.credit.models import CrossCheck
from registry.crypto import Keyring
from registry.db import Sessions
from registry.ledger.service import Actor
from registry.people.models import Person
from registry.people.queries import id_number

PAYERS_MAX = 1  # Two or more payers in a month mark the person for a look, they refuse nothing.


class CheckKind(StrEnum):
    """Which register."""

    EDUCATION = "education"  # 学信网
    TITLE = "title"  # 人社部职称
    INSURANCE = "insurance"  # 社保


class CheckResult(StrEnum):
    """What it said. 接口失败 is not 查无 (MO-11)."""

    SAME = "一致"
    DIFFERENT = "不一致"
    NOT_FOUND = "查无"
    NOT_ASKED = "未查询"
    FAILED = "接口失败"


@dataclass(frozen=True, slots=True)
class Said:
    """A register's answer. `payers`: who paid social insurance in the month."""

    result: CheckResult
    payers: int | None = None


class Register(Protocol):
    """An outside register. It answers FAILED instead of raising when it cannot be reached."""

    def ask(self, kind: CheckKind, *, name: str, id_number: str, employer_uscc: str) -> Said:
        """What the register says about a person."""
        ...


def is_abnormal(said: Said) -> bool:
    """Worth a look: contradicted, or paid for by several employers. Silence and failure are not (MO-11)."""
    return said.result is CheckResult.DIFFERENT or (said.payers or 0) > PAYERS_MAX


def cross_check(
    sessions: Sessions,
    *,
    person_id: int,
    employer_uscc: str,
    register: Register,
    keyring: Keyring,
    actor: Actor,
    now: datetime,
) -> list[CrossCheck]:
    """Ask every register about one person and keep the answers; no transaction is open meanwhile."""
    with sessions() as session:
        person = session.get_one(Person, person_id)
        name, number = person.name, id_number(person, keyring=keyring)
    answers = [
        (kind, register.ask(kind, name=name, id_number=number, employer_uscc=employer_uscc))
        for kind in CheckKind
    ]
    with sessions.begin() as session:
        kept = [
            CrossCheck(
                person_id=person_id,
                kind=kind.value,
                result=said.result.value,
                payers=said.payers,
                is_abnormal=is_abnormal(said),
                at=now,
                actor=actor.account,
            )
            for kind, said in answers
        ]
        session.add_all(kept)
    return kept


def newest_checks(session: Session, person_id: int) -> dict[CheckKind, CrossCheck | None]:
    """The newest answer of each register; None: 未查询."""
    rows = session.scalars(
        select(CrossCheck)
        .where(CrossCheck.person_id == person_id)
        .ext(distinct_on(CrossCheck.kind))
        .order_by(CrossCheck.kind, CrossCheck.id.desc())
    )
    found = {CheckKind(row.kind): row for row in rows}
    return {kind: found.get(kind) for kind in CheckKind}
