"""What of accounts need not be kept: ended sessions, used codes, old counters. The trail of events stays."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from verify_api.accounts import codes, sessions, throttle

KEPT = timedelta(days=2)  # Longer than any window that is counted over.


def purge(session: Session, *, now: datetime) -> None:
    """Drop what has been over for two days. Safe at any time and as often as one likes."""
    before = now - KEPT
    sessions.purge(session, before=before)
    codes.purge(session, before=before)
    throttle.purge(session, before=before)
