"""The job that asks a geocoder for every address nobody has put on the map."""

import logging
from dataclasses import dataclass

from registry.addresses.geocoder import AddressInvalid, AddressNotFound, Geocoder, GiveUp, RetryLater
from registry.addresses.queries import unplaced_addresses
from registry.addresses.service import propose_point
from registry.clock import Clock
from registry.db import Sessions

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What one run came to; `stopped` is the code of the failure that ended it early."""

    proposed: int = 0
    doubtful: int = 0
    not_found: int = 0
    stopped: str | None = None


def propose_missing(sessions: Sessions, geocoder: Geocoder, *, clock: Clock, limit: int = 200) -> Tally:
    """Ask for each such address with no transaction open, and keep every answer in one of its own.

    Safe to run twice or in two processes: the worst is a second unconfirmed version of the same point. A
    vendor that is overloaded or refuses ends the run, for the next address would fare no better.
    """
    with sessions() as session:
        wanted = unplaced_addresses(session, limit=limit)
    tally = Tally()
    for enterprise_id, address in wanted:
        try:
            _propose(sessions, geocoder, clock, enterprise_id, address, tally)
        except (AddressNotFound, AddressInvalid):
            tally.not_found += 1
        except (RetryLater, GiveUp) as error:
            tally.stopped = error.code
            log.warning("geocoding stopped at enterprise %s: %s", enterprise_id, error.code)
            break
    return tally


def _propose(
    sessions: Sessions, geocoder: Geocoder, clock: Clock, enterprise_id: int, address: str, tally: Tally
) -> None:
    found = geocoder.locate(address)
    with sessions.begin() as session:
        propose_point(session, enterprise_id=enterprise_id, address=address, found=found, now=clock())
    tally.proposed += 1
    tally.doubtful += found.is_doubtful
