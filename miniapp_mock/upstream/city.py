"""The stand-in's whole memory: a city as JSON, kept in the contract's own form."""

import copy
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Record = dict[str, Any]
CHANGES = ("abnormal_set", "abnormal_lifted", "withdrawn", "lapsed", "reinstated")


@dataclass(slots=True)
class Faults:
    """What goes wrong next. `lose_next` does the work and then answers 503, as a broken connection would."""

    fail_next: int = 0
    lose_next: int = 0
    status: int = 503
    delay_s: float = 0.0


@dataclass(slots=True)
class City:
    """Enterprises by USCC with their people, the changes reported to it, and its faults."""

    enterprises: dict[str, Record] = field(default_factory=dict)
    people: dict[str, list[Record]] = field(default_factory=dict)
    updated_at: dict[str, datetime] = field(default_factory=dict)
    changes: dict[str, Record] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fill(self, city: Record, *, now: datetime) -> None:
        """Replace everything by `{"enterprises": [Enterprise + "people": [Person + "photo": path]]}`."""
        with self.lock:
            self.enterprises, self.people, self.updated_at, self.changes = {}, {}, {}, {}
            for given in city["enterprises"]:
                enterprise = copy.deepcopy(given)
                uscc = enterprise["uscc"]
                self.people[uscc] = enterprise.pop("people", [])
                self.enterprises[uscc] = enterprise
                self.updated_at[uscc] = now

    def page(self, *, since: datetime | None, cursor: str, limit: int) -> tuple[list[Record], str | None]:
        """Enterprises in the order of their codes after the cursor, and the next cursor."""
        with self.lock:
            codes = [
                u
                for u in sorted(self.enterprises)
                if u > cursor and (not since or self.updated_at[u] >= since)
            ]
            chosen = codes[:limit]
            after = chosen[-1] if len(codes) > limit else None
            return [copy.deepcopy(self.enterprises[u]) for u in chosen], after

    def change_enterprise(self, uscc: str, fields: Record, *, now: datetime) -> bool:
        """Overwrite fields; `people` replaces the roster, `drop_people` and `add_people` alter it."""
        with self.lock:
            if uscc not in self.enterprises:
                return False
            fields = copy.deepcopy(fields)
            roster = fields.pop("people", self.people[uscc])
            dropped = set(fields.pop("drop_people", []))
            added = fields.pop("add_people", [])
            self.people[uscc] = [person for person in roster if person["id"] not in dropped] + added
            self.enterprises[uscc].update(fields)
            self.updated_at[uscc] = now
            return True

    def change_person(self, person: str, fields: Record) -> bool:
        """Overwrite fields of a person on every roster that names them; `dropped` takes them off all."""
        with self.lock:
            found = False
            for uscc, roster in self.people.items():
                for record in roster:
                    if record["id"] == person:
                        found = True
                        record.update({k: v for k, v in fields.items() if k != "dropped"})
                if fields.get("dropped"):
                    self.people[uscc] = [record for record in roster if record["id"] != person]
            return found

    def person(self, person: str) -> Record | None:
        """The person's record, from whichever roster names them first."""
        with self.lock:
            return next((r for roster in self.people.values() for r in roster if r["id"] == person), None)

    def photo(self, person: str) -> bytes | None:
        """The bytes of the person's photograph."""
        record = self.person(person)
        path = record.get("photo") if record else None
        return Path(path).read_bytes() if path and Path(path).is_file() else None

    def report(self, uscc: str, change: Record, *, at: datetime) -> str:
        """Take a change in: `applied`, `repeated` (same id), or `unknown_item`."""
        with self.lock:
            if change["id"] in self.changes:
                return "repeated"
            item = change["item"]
            for certificate in self.enterprises[uscc]["certificates"]:
                for held in certificate["items"]:
                    named = (certificate["number"], held["category"], held["grade"])
                    if named == (item["certificate"], item["category"], item["grade"]):
                        held["standing"] = change["change"]
                        self.changes[change["id"]] = {**change, "uscc": uscc, "received_at": at.isoformat()}
                        return "applied"
            return "unknown_item"


def public(person: Record) -> Record:
    """The person as the contract shows them: the path of the photograph stays inside."""
    shown = {key: value for key, value in person.items() if key != "photo"}
    shown["has_photo"] = bool(person.get("photo"))
    return shown
