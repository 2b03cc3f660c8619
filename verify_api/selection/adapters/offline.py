"""The offline twin: a register whose contents are a file, for closed networks and the demo."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verify_api.selection.crosscheck import Answer, CheckKind, Outcome, Question


class OfflineRegister:
    """Compares with records: per ID number `education` {…}, `title` [{…}], `insurance` {month: [uscc]}.

    A person who is in no record is 查无, as with a real register; without a file nothing is ever asked.
    """

    def __init__(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Answer from these records."""
        self._records = records

    @classmethod
    def read(cls, file: Path) -> "OfflineRegister":
        """The records of a JSON file."""
        return cls(json.loads(file.read_text(encoding="utf-8")))

    def ask(self, question: Question) -> Answer:
        """The answer that the records give."""
        record = self._records.get(question.id_number, {}).get(question.kind.value)
        if record is None:
            return Answer(Outcome.NOT_FOUND)
        claimed = question.claimed
        match question.kind:
            case CheckKind.EDUCATION:
                return _compare(claimed, record)
            case CheckKind.TITLE:
                same = [r for r in record if r.get("number") == claimed.get("number")]
                return _compare(claimed, same[0]) if same else Answer(Outcome.NOT_FOUND)
            case CheckKind.INSURANCE:
                payers = tuple(record.get(claimed.get("month", ""), []))
                return Answer(Outcome.MATCH if payers else Outcome.NOT_FOUND, payers=payers)


def _compare(claimed: dict[str, str], record: Mapping[str, Any]) -> Answer:
    differs = tuple(sorted(name for name, said in claimed.items() if record.get(name) != said))
    return Answer(Outcome.MISMATCH if differs else Outcome.MATCH, differs)
