"""A proposal is kept as a version and takes effect only when somebody confirms."""

import pytest
from sqlalchemy.orm import Session

import geo
from registry.addresses.geocoder import Located
from registry.addresses.service import EnterpriseGone, propose_point
from registry.enterprises import queries
from registry.enterprises.models import Enterprise
from registry.enterprises.points import confirm_point
from tests.registry.samples import NOW, code

ADDRESS = "深圳市福田区示例路1号"
FOUND = Located(
    geo.Point(114.0579, 22.5431, geo.Datum.GCJ02), 0.4, "amap", "道路", ADDRESS, ("只精确到道路",)
)


@pytest.fixture
def firm(session: Session) -> Enterprise:
    firm = Enterprise(uscc=code(4001), name="示例建设有限公司", registered_address=ADDRESS, synced_at=NOW)
    session.add(firm)
    session.flush()
    return firm


def test_a_proposal_is_a_version_that_is_not_in_force(session: Session, firm: Enterprise) -> None:
    point = propose_point(session, enterprise_id=firm.id, address=ADDRESS, found=FOUND, now=NOW)
    assert point is not None
    assert (point.lng, point.lat, point.datum) == (114.0579, 22.5431, "gcj02")
    assert (point.source, point.confidence, point.confirmed_at) == ("amap", 0.4, None)
    assert queries.newest_point(session, firm.id) == point
    assert queries.point_in_force(session, firm.id) is None


def test_a_later_proposal_does_not_unseat_a_confirmed_point(session: Session, firm: Enterprise) -> None:
    confirmed = confirm_point(
        session,
        enterprise_id=firm.id,
        lng=114.05,
        lat=22.54,
        datum="gcj02",
        fence=None,
        by="officer",
        now=NOW,
    )
    propose_point(session, enterprise_id=firm.id, address=ADDRESS, found=FOUND, now=NOW)
    assert queries.point_in_force(session, firm.id) == confirmed


def test_an_answer_for_an_address_that_has_changed_is_dropped(session: Session, firm: Enterprise) -> None:
    old = "深圳市福田区示例路0号"
    assert propose_point(session, enterprise_id=firm.id, address=old, found=FOUND, now=NOW) is None
    assert queries.newest_point(session, firm.id) is None


def test_an_enterprise_that_is_gone_is_said_so(session: Session) -> None:
    with pytest.raises(EnterpriseGone):
        propose_point(session, enterprise_id=0, address=ADDRESS, found=FOUND, now=NOW)
