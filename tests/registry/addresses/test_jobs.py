"""Addresses are put on the map one by one; one failure does not undo the others."""

import pytest

import geo
from registry.addresses.adapters.offline import OfflineGeocoder
from registry.addresses.geocoder import SHENZHEN, City, GiveUp, Located, RetryLater
from registry.addresses.jobs import propose_missing
from registry.db import Sessions
from registry.enterprises import queries
from registry.enterprises.models import Enterprise
from registry.errors import DakaError
from tests.registry.samples import NOW, code

KNOWN = geo.Point(114.0579, 22.5431, geo.Datum.GCJ02)
GAZETTEER = {"深圳市福田区示例路1号": KNOWN}


class Failing:
    """A vendor that fails after so many answers."""

    def __init__(self, after: int, error: DakaError) -> None:
        self.after, self.error, self.asked = after, error, 0

    def locate(self, address: str, *, city: City = SHENZHEN) -> Located:
        self.asked += 1
        if self.asked > self.after:
            raise self.error
        return OfflineGeocoder(GAZETTEER).locate(address, city=city)


def firms(sessions: Sessions, *addresses: str) -> list[int]:
    """Invented enterprises at these addresses."""
    with sessions.begin() as session:
        rows = [
            Enterprise(uscc=code(4100 + n), name=f"示例企业{n}", registered_address=address, synced_at=NOW)
            for n, address in enumerate(addresses)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def test_every_address_without_a_point_gets_a_proposal_once(sessions: Sessions) -> None:
    known, district, nowhere = firms(sessions, "深圳市福田区示例路1号", "深圳市南山区示例路9号", "无此地1号")
    tally = propose_missing(sessions, OfflineGeocoder(GAZETTEER), clock=lambda: NOW)
    assert (tally.proposed, tally.doubtful, tally.not_found, tally.stopped) == (2, 1, 1, None)
    with sessions() as session:
        point = queries.newest_point(session, known)
        assert point is not None and (point.lng, point.confirmed_at) == (KNOWN.lng, None)
        assert queries.newest_point(session, district) is not None
        assert queries.newest_point(session, nowhere) is None
    assert propose_missing(sessions, OfflineGeocoder(GAZETTEER), clock=lambda: NOW).proposed == 0


def test_a_new_address_is_asked_for_again(sessions: Sessions) -> None:
    (firm,) = firms(sessions, "深圳市南山区示例路9号")
    propose_missing(sessions, OfflineGeocoder(GAZETTEER), clock=lambda: NOW)
    with sessions.begin() as session:
        enterprise = session.get(Enterprise, firm)
        assert enterprise is not None
        enterprise.registered_address = "深圳市福田区示例路1号"
    assert propose_missing(sessions, OfflineGeocoder(GAZETTEER), clock=lambda: NOW).proposed == 1


def test_firms_that_have_left_are_not_asked_for(sessions: Sessions) -> None:
    (firm,) = firms(sessions, "深圳市南山区示例路9号")
    with sessions.begin() as session:
        enterprise = session.get(Enterprise, firm)
        assert enterprise is not None
        enterprise.is_active = False
    assert propose_missing(sessions, OfflineGeocoder(), clock=lambda: NOW).proposed == 0


@pytest.mark.parametrize("error", [GiveUp(), RetryLater(code="geocoder_quota")])
def test_a_refusal_ends_the_run_and_keeps_what_was_found(error: DakaError, sessions: Sessions) -> None:
    ids = firms(sessions, *(f"深圳市南山区示例路{n}号" for n in range(20)))
    vendor = Failing(after=3, error=error)
    tally = propose_missing(sessions, vendor, clock=lambda: NOW)
    assert (tally.proposed, tally.stopped, vendor.asked) == (3, error.code, 4)
    with sessions() as session:
        assert sum(queries.newest_point(session, one) is not None for one in ids) == 3


def test_unknown_addresses_do_not_keep_the_others_waiting(sessions: Sessions) -> None:
    firms(sessions, *(f"无此地{n}号" for n in range(20)), "深圳市南山区示例路9号")
    found = sum(
        propose_missing(sessions, OfflineGeocoder(), clock=lambda: NOW, limit=10).proposed for _ in range(40)
    )
    assert found == 1
