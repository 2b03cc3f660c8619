"""A reason with the rule it comes from: what every check of the store answers with."""

from collections.abc import Iterable
from dataclasses import dataclass

from registry.errors import Invalid, Reason


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule that is not met. `rule` is its id in the rule book, `message` what a clerk would say."""

    rule: str
    code: str
    message: str
    hint: str = ""

    def to_mapping(self) -> dict[str, str]:
        """JSON form."""
        return {"rule": self.rule, "code": self.code, "message": self.message, "hint": self.hint}

    def to_reason(self) -> Reason:
        """As a refusal carries it; the rule stands at the end of the sentence."""
        return Reason(self.code, f"{self.message}（{self.rule}）" if self.rule else self.message, self.hint)


class RulesBroken(Invalid):
    """What was asked breaks rules; every one of them is among the reasons."""

    code = "rules_broken"
    message = "不符合规定，详见各项原因"


def refuse_if(clauses: Iterable[Clause]) -> None:
    """Raise with every clause, or return if there is none.

    Raises:
        RulesBroken: At least one clause is not met.
    """
    found = tuple(clause.to_reason() for clause in clauses)
    if found:
        raise RulesBroken(reasons=found)
