"""Cross-checks of a person with outside registers (MO-11): what is asked, what an answer means. Pure.

学历 (学信网), 职称 (人社), 社保. Five outcomes; a register that does not answer is never taken for one that
knows nothing. No outcome refuses anybody: each is a fact for a reviewer.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class CheckKind(StrEnum):
    """The registers."""

    EDUCATION = "education"  # 学历
    TITLE = "title"  # 职称
    INSURANCE = "insurance"  # 社保


class Outcome(StrEnum):
    """The five outcomes of MO-11."""

    MATCH = "match"  # 一致
    MISMATCH = "mismatch"  # 不一致
    NOT_FOUND = "not_found"  # 查无
    NOT_QUERIED = "not_queried"  # 未查询
    FAILED = "failed"  # 接口失败


OUTCOME_NAMES = {
    Outcome.MATCH: "一致",
    Outcome.MISMATCH: "不一致",
    Outcome.NOT_FOUND: "查无",
    Outcome.NOT_QUERIED: "未查询",
    Outcome.FAILED: "接口失败",
}


class Flag(StrEnum):
    """What a reviewer is pointed at."""

    SEVERAL_PAYERS = "several_payers"  # 社保缴纳单位不唯一
    OTHER_PAYER = "other_payer"  # 缴纳单位不是本企业


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `reference` is our row's id: the register's answer and ours can be laid side by side.

    `claims` are what the registry says: education; title, level, specialty, number; or employer and month.
    """

    reference: str
    kind: CheckKind
    name: str
    id_type: str
    id_number: str
    authority: str
    claims: tuple[tuple[str, str], ...]

    @property
    def claimed(self) -> dict[str, str]:
        """The claims by name."""
        return dict(self.claims)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `payers`: USCCs that paid social insurance in the month. `differs`: names of claims."""

    outcome: Outcome
    differs: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    error: str = ""  # a code for FAILED, never the register's own words


@dataclass(frozen=True, slots=True)
class Judged:
    """What is kept: outcome, flags and facts without personal data."""

    outcome: Outcome
    flags: tuple[Flag, ...]
    detail: dict[str, object]


class Register(Protocol):
    """An outside register. The real one speaks HTTP; the offline twin answers from a file."""

    def ask(self, question: Question) -> Answer:
        """The answer. Never raises for a failure of the register: that is an outcome."""
        ...


def judge(question: Question, answer: Answer) -> Judged:
    """Outcome and flags. For 社保 the payers decide: two or more are a flag, not a refusal."""
    detail: dict[str, object] = {"differs": sorted(answer.differs)}
    if answer.outcome is Outcome.FAILED:
        return Judged(Outcome.FAILED, (), {"error": answer.error or "unknown"})
    if question.kind is not CheckKind.INSURANCE or answer.outcome is not Outcome.MATCH:
        return Judged(answer.outcome, (), detail)
    return _judge_payers(question.claimed.get("employer", ""), frozenset(answer.payers), detail)


def _judge_payers(employer: str, payers: frozenset[str], detail: dict[str, object]) -> Judged:
    if not payers:
        return Judged(Outcome.NOT_FOUND, (), detail)
    flags = []
    if len(payers) > 1:
        flags.append(Flag.SEVERAL_PAYERS)
    if employer not in payers:
        flags.append(Flag.OTHER_PAYER)
    outcome = Outcome.MATCH if employer in payers else Outcome.MISMATCH
    return Judged(outcome, tuple(flags), {**detail, "payers": len(payers)})


@dataclass(frozen=True, slots=True)
class Sighting:
    """A 技术负责人 seen for an item when its enterprise was verified."""

    person_id: int
    enterprise_id: int
    item_id: int
    verified_on: date


@dataclass(frozen=True, slots=True)
class MovedLead:
    """The same 技术负责人 here now and verified elsewhere not long ago (福州: the next batch)."""

    person_id: int
    enterprise_id: int
    item_id: int
    seen_at: Sighting


def moved_leads(
    current: list[tuple[int, int, int]], sightings: list[Sighting], *, since: date
) -> list[MovedLead]:
    """Leads of now (person, enterprise, item) that were verified with another enterprise on or after `since`.

    Only the newest sighting elsewhere is named for each item.
    """
    found = []
    for person_id, enterprise_id, item_id in current:
        elsewhere = [
            s
            for s in sightings
            if s.person_id == person_id and s.enterprise_id != enterprise_id and s.verified_on >= since
        ]
        if elsewhere:
            newest = max(elsewhere, key=lambda s: (s.verified_on, s.item_id))
            found.append(MovedLead(person_id, enterprise_id, item_id, newest))
    return found
