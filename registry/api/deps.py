"""What the routes are given by whoever mounts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from registry.workflows.officers import Firm, Officer
from registry.workflows.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Deps:
    """FastAPI dependencies. `viewer` answers a firm's USCC, "*" for an authority, None for the public.

    `session` is one transaction per request, committed before the answer leaves. `firm` and `officer` refuse
    everybody else.
    """

    session: Callable[..., Iterator[Session]]
    now: Callable[..., datetime]
    calendar: Callable[..., Calendar]
    firm: Callable[..., Firm]
    officer: Callable[..., Officer]
    viewer: Callable[..., str | None]


class Body(BaseModel):
    """A request body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
