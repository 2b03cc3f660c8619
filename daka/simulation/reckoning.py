"""At the end: what became of every firm, as the API tells it, beside what the rules demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from daka.simulation.desk import Desk
from daka.simulation.expected import Expected, expected_of
from daka.simulation.world import World
from registry.clock import SHANGHAI

DECIDING = ("责令整改通知书", "撤回决定书", "资质到期失效告知书")


@dataclass(frozen=True, slots=True)
class Found:
    """One firm's course as the API tells it."""

    key: str
    name: str
    case: str
    path: str
    ended: str
    documents: tuple[str, ...]
    told_upstream: tuple[str, ...]
    marks: dict[str, str]
    refusals: tuple[str, ...]

    @property
    def state(self) -> str:
        """The last state."""
        return self.path.split()[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the outcome table."""

    title: str
    found: Found
    expected: Expected
    differences: tuple[str, ...]


def reckon(world: World, desks: Sequence[Desk], titles: dict[str, str], *, folder: Path) -> list[Line]:
    """Read every case, fetch every document, compare with the table of what the rules demand."""
    told = world.reported_upstream()
    lines = []
    for desk in desks:
        file = desk.file()
        _fetch(world, file, folder)
        found = _found(desk, file, told)
        expected = expected_of(desk.firm.key)
        lines.append(Line(titles[desk.firm.key], found, expected, differences(found, expected)))
    return lines


def _found(desk: Desk, file: dict[str, Any], told: Sequence[dict[str, Any]]) -> Found:
    steps = [event for event in file["history"] if event["to"] and event["to"] != event["from"]]
    last = datetime.fromisoformat(steps[-1]["at"]).astimezone(SHANGHAI) if steps else None
    return Found(
        key=desk.firm.key,
        name=desk.firm.name,
        case=desk.case,
        path=" ".join(event["to"] for event in steps),
        ended=last.date().isoformat() if last else "",
        documents=tuple(notice["kind"] for notice in file["notices"] if notice["kind"] in DECIDING),
        told_upstream=_told(desk.firm.uscc, told),
        marks=desk.marks,
        refusals=tuple(desk.refusals),
    )


def _told(uscc: str, told: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """What flowed back about this firm, item by item, each in its order."""
    mine = [change for change in told if change["uscc"] == uscc]
    mine.sort(key=lambda change: (change["item"]["category"], datetime.fromisoformat(change["at"])))
    return tuple(change["change"] for change in mine)


def _fetch(world: World, file: dict[str, Any], folder: Path) -> None:
    for notice in file["notices"]:
        if notice["sha256"] is None:
            continue
        pdf = world.admin.notice_pdf(notice["id"])
        if not pdf.startswith(b"%PDF-"):
            raise AssertionError(f"{notice['reference']} is not a PDF")
        name = (
            f"{notice['issued_on']} {notice['reference']} {notice['kind']} {file['enterprise']['name']}.pdf"
        )
        (folder / name.replace("/", "-")).write_bytes(pdf)


def differences(found: Found, expected: Expected) -> tuple[str, ...]:
    """Every way in which a firm's course is not the lawful one; empty if it is."""
    pairs = (
        ("经过", found.path, expected.path),
        ("结束日期", found.ended, expected.ended),
        ("文书", " ".join(found.documents), " ".join(expected.documents)),
        ("回写三库", " ".join(found.told_upstream), " ".join(expected.told_upstream)),
        ("途中状态", str(found.marks), str(dict(expected.marks))),
        ("被拒打卡", "；".join(found.refusals), "；".join(expected.refusals)),
    )
    return tuple(
        f"{what}：应为 {right or '无'}，实为 {wrong or '无'}"
        for what, wrong, right in pairs
        if wrong != right
    )
