"""The roster's lights in words, for the portal and the console."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import QualificationItem
from verify_api.selection.lights import Colour
from verify_api.selection.queries import current_lights

LABELS = {Colour.GREEN: "达标", Colour.YELLOW: "临界", Colour.RED: "不达标", Colour.GREY: "待核定标准"}
TONES = {Colour.GREEN: "ok", Colour.YELLOW: "warn", Colour.RED: "bad", Colour.GREY: ""}


def lights_shown(session: Session, enterprise_id: int) -> list[dict[str, Any]]:
    """One line per item: its name, its colour in words, and every shortage and warning."""
    rows = current_lights(session, enterprise_id)
    found = select(QualificationItem).where(QualificationItem.id.in_([row.item_id for row in rows]))
    titles = {item.id: item.title for item in session.scalars(found)}
    return [
        {
            "title": titles.get(row.item_id, ""),
            "label": LABELS[Colour(row.colour)],
            "tone": TONES[Colour(row.colour)],
            "lines": [
                one["message"]
                for kind in ("reasons", "warnings")
                for one in row.findings.get(kind, ())
                if one.get("message")
            ],
        }
        for row in rows
    ]
