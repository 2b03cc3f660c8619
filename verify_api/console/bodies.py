"""What staff send. Shapes only; every rule is the services'."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

import geo
from verify_api.cases.openings import StockReason
from verify_api.http.deps import Body
from verify_api.notices.models import ServiceMethod

Said = Annotated[str, Field(max_length=5000)]
Line = Annotated[str, Field(max_length=200)]
# A calendar ends somewhere: beyond it "the day after" does not exist.
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]


class Nothing(Body):
    """An act without particulars."""


class Why(Body):
    """A reason for a step."""

    reason: Said


class Issue(Why):
    """签发, with the officer's own term for the report if there is one."""

    report_days: Annotated[int, Field(strict=True)] | None = None


class Opinion(Body):
    """审核意见."""

    opinion: Said = ""


class ReasonGiven(Body):
    """One of the reasons of SZ-31 with its note."""

    code: StockReason
    note: Said


class OpenStock(Body):
    """A STOCK case."""

    uscc: Annotated[str, Field(max_length=18)]
    reasons: Annotated[list[ReasonGiven], Field(max_length=20)]
    items: list[int] | None = None


class Service(Body):
    """送达 by other means."""

    served_on: Day
    method: ServiceMethod
    proof: Said
    place: Line = ""
    recipient: Line = ""
    servers: Annotated[tuple[Line, ...], Field(max_length=3)] = ()


class Void(Body):
    """打卡不合格."""

    attempt: Annotated[str, Field(max_length=32)] | None = None
    person: int | None = None
    reason: Said

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.attempt is None) == (self.person is None):
            raise ValueError("须给出 attempt 或 person 之一")
        return self


class Extension(Why):
    """A later last day."""

    last_day: Day


class Step(Why):
    """A step that needs a second officer."""

    action: Literal[
        "void_approval", "restore_checkin", "rescind_notice", "rescind_decision", "revoke", "keep"
    ]
    person: int | None = None  # restore_checkin: whose check-in counts again


class SecondSignature(Body):
    """The other officer's answer."""

    agreed: bool
    reason: Said = ""


class AppealAnswer(Why):
    """The answer to a 陈述申辩."""

    upheld: bool


class Decision(Body):
    """An officer's judgement of an attempt of the review band."""

    decision: Literal["accept", "refuse"]
    reason: Said


class PointGiven(Body):
    """Where the registered address is: a point with a radius, or a polygon (GeoJSON)."""

    lng: float
    lat: float
    datum: geo.Datum
    radius_m: float | None = None
    polygon: dict[str, Any] | None = None


class WindowSignature(Body):
    """The second officer's answer at the window; silence is none, since a yes is a check-in."""

    agreed: bool
    reason: Said = ""


class Window(Body):
    """A person came to the window instead (人脸办法 10)."""

    person: int
    document: Said
    note: Said = ""
