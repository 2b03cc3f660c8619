"""Dependencies of routes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from verify_api.parts import Parts


def get_parts(request: Request) -> Parts:
    """The parts of this process."""
    parts: Parts = request.app.state.parts
    return parts


def get_session(parts: Annotated[Parts, Depends(get_parts)]) -> Iterator[Session]:
    """One transaction per request: committed when the route returns, rolled back when it raises."""
    with parts.sessions.begin() as session:
        yield session


def get_now(parts: Annotated[Parts, Depends(get_parts)]) -> datetime:
    """The server's time at the start of the request. The phone's clock decides nothing (T-02)."""
    return parts.clock()


PartsDep = Annotated[Parts, Depends(get_parts)]
# Function scope: the commit happens before the answer leaves, so a failed commit cannot answer 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
NowDep = Annotated[datetime, Depends(get_now)]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
