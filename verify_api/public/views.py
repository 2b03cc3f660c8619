"""Public facts as plain mappings: enterprises and acts; no person, no evidence, no reason in free words."""

from typing import Any

from sqlalchemy.orm import Session

from verify_api.cases.batch_models import CaseDraw
from verify_api.cases.draws import record_of
from verify_api.cases.views import TRACK_LABELS, iso
from verify_api.notices.models import Notice, NoticeKind
from verify_api.notices.publication import PUBLISHED, PublicNotice, Standing
from verify_api.public.queries import YearRate, outcomes

Answer = dict[str, Any]


def notice_views(session: Session, found: list[PublicNotice]) -> list[Answer]:
    """Lines of the public list."""
    led_to = outcomes(session, [one.id for one in found])
    return [notice_view(one, led_to.get(one.id)) for one in found]


def notice_view(one: PublicNotice, outcome: str | None) -> Answer:
    """One document."""
    is_listed = NoticeKind(one.kind) in PUBLISHED
    return {
        "id": one.id,
        "reference": one.reference,
        "kind": one.kind,
        "enterprise": {"name": one.enterprise_name, "uscc": one.uscc},
        "items": list(one.items),
        "issued_on": one.issued_on.isoformat(),
        "standing": one.standing.value,
        "is_in_force": one.standing is Standing.IN_FORCE,
        "standing_since": iso(one.standing_since),
        "outcome": outcome,
        "sha256": one.sha256,
        "objections": {
            "until": one.objections_until.last_day.isoformat(),
            "is_open": one.is_open_to_objections,
            "is_provisional": one.objections_until.provisional,
        }
        if is_listed
        else None,
    }


def with_successor(view: Answer, successor: Notice | None) -> Answer:
    """The line with the document that took its place."""
    replaced_by = None if successor is None else {"reference": successor.reference, "kind": successor.kind}
    return view | {"replaced_by": replaced_by}


def rate_view(one: YearRate) -> Answer:
    """合格率 with its denominator."""
    percent = one.rate.percent
    return {
        "track": one.track.value,
        "track_label": TRACK_LABELS[one.track],
        "year": one.year,
        "passed": one.rate.passed,
        "due": one.rate.due,
        "running": one.rate.running,
        "excluded": one.rate.excluded,
        "cancelled": one.rate.cancelled,
        "gone": one.rate.gone,
        "percent": None if percent is None else float(percent),
        "text": one.rate.text,
    }


def draw_view(row: CaseDraw) -> Answer:
    """An approved draw without its population."""
    return {
        "draw": row.id,
        "drawn_on": iso(row.proposed_at),
        "approved_at": iso(row.decided_at),
        "criteria": row.criteria,
        "population": len(row.population),
        "population_digest": row.population_digest,
        "seed": row.seed,
        "seed_source": row.seed_source,
        "size": row.size,
    }


def draw_record(row: CaseDraw) -> Answer:
    """What `daka draw replay` reads; the officers' names are not for the public."""
    return draw_view(row) | record_of(row, with_officers=False)
