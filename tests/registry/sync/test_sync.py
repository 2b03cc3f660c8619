"""Reading the upstream: what is taken over, what is refused, and that nothing is ever blanked."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.enterprises import queries, service
from registry.enterprises.models import Enterprise, RegisteredPoint, SyncRun
from registry.enterprises.points import confirm_point
from registry.people.models import PersonCertificate
from registry.people.queries import id_number, is_on_roster, person_by_id_number, roster
from registry.sync.adapters.http import HttpUpstream
from registry.sync.service import sync_enterprise, sync_people
from tests.registry.conftest import MemoryStore, Standin
from tests.registry.samples import NOW, code, enterprise, item, person, photo, resident_id

LATER = NOW + timedelta(days=1)


class Sync:
    """One enterprise's sync with everything it needs."""

    def __init__(
        self, session: Session, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
    ) -> None:
        self.session, self.upstream, self.store, self.keyring = session, upstream, store, keyring

    def base(self, n: int = 1, now=NOW) -> SyncRun:  # type: ignore[no-untyped-def]
        return sync_enterprise(
            self.session,
            upstream=self.upstream,
            uscc=code(n),
            store=self.store,
            keyring=self.keyring,
            now=now,
        )

    def people(self, n: int = 1, now=NOW) -> SyncRun:  # type: ignore[no-untyped-def]
        return sync_people(
            self.session,
            upstream=self.upstream,
            uscc=code(n),
            store=self.store,
            keyring=self.keyring,
            now=now,
        )

    def firm(self, n: int = 1) -> Enterprise:
        found = queries.enterprise_by_uscc(self.session, code(n))
        assert found is not None
        self.session.refresh(found)
        return found


@pytest.fixture
def sync(session: Session, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring) -> Sync:
    return Sync(session, upstream, store, keyring)


def test_base_data_certificates_permits_and_point_are_taken_over(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    run = sync.base()
    firm = sync.firm()
    assert run.ok and run.counts == {"created": 1, "items_new": 1, "permits_new": 1, "point": 1}
    assert (firm.name, firm.contact_phone, firm.synced_at) == (
        "深圳示例建筑工程有限公司1",
        "10000010001",
        NOW,
    )
    (only,) = queries.items_of(sync.session, firm.id)
    assert (only.title, str(only.valid_to)) == ("建筑工程施工总承包三级", "2026-08-31")
    assert [i.id for i in queries.commitment_items(sync.session, firm.id)] == [only.id]
    point = queries.newest_point(sync.session, firm.id)
    assert point is not None and (point.lng, point.datum, point.confirmed_at) == (114.05, "gcj02", None)
    assert queries.point_in_force(sync.session, firm.id) is None


def test_people_come_with_sealed_numbers_masked_shows_and_photographs(
    sync: Sync, standin: Standin, tmp_path, keyring: Keyring
) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "1.jpg").write_bytes(photo())
    standin.fill(enterprise(people=[person(1, photo=str(tmp_path / "1.jpg")), person(2)]))
    sync.base()
    run = sync.people()
    first, second = roster(sync.session, sync.firm().id)
    assert run.ok and run.counts["new"] == 2
    assert first.person.id_masked == "4403************" + resident_id(1)[-2:]
    assert resident_id(1).encode() not in first.person.id_cipher
    assert id_number(first.person, keyring=keyring) == resident_id(1)
    assert first.person.photo_sha256 in sync.store.files and second.person.photo_sha256 is None
    assert [c.holding for c in first.person.certificates] == ["registered", "titled"]
    found = person_by_id_number(sync.session, resident_id(2).lower(), keyring=keyring)
    assert found is not None and found.id == second.person_id


@pytest.mark.parametrize("people_first_dropped", [False, True])
def test_the_technical_lead_is_linked_by_whichever_scope_comes_second(
    sync: Sync, standin: Standin, people_first_dropped: bool
) -> None:
    standin.fill(enterprise())
    sync.base()
    assert queries.items_of(sync.session, sync.firm().id)[0].technical_lead_id is None
    sync.people()
    (only,) = queries.items_of(sync.session, sync.firm().id)
    assert only.technical_lead_id == roster(sync.session, sync.firm().id)[0].person_id
    if people_first_dropped:
        standin.change(
            code(1), certificates=[{**enterprise()["certificates"][0], "items": [item(technical_lead=None)]}]
        )
        sync.base()
        assert queries.items_of(sync.session, sync.firm().id)[0].technical_lead_id is None


@pytest.mark.rule("SZ-07")
@pytest.mark.parametrize(
    "fault", [{"fail_next": 1}, {"fail_next": 1, "status": 429}, {"fail_next": 1, "status": 401}]
)
def test_a_silent_upstream_keeps_the_old_data_with_their_date_and_says_so(
    sync: Sync, standin: Standin, fault: dict[str, float]
) -> None:
    standin.fill(enterprise())
    sync.base()
    sync.people()
    standin.change(code(1), name="另一个名称")
    standin.faults(**fault)
    run = sync.base(now=LATER)
    assert (run.ok, run.error.startswith("upstream_")) == (False, True)
    assert (sync.firm().name, sync.firm().synced_at) == ("深圳示例建筑工程有限公司1", NOW)
    standin.faults(**fault)
    assert not sync.people(now=LATER).ok
    assert len(roster(sync.session, sync.firm().id)) == 2
    assert sync.base(now=LATER).ok and sync.firm().name == "另一个名称"


def test_an_enterprise_the_upstream_lost_is_kept(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    sync.base()
    standin.fill()
    run = sync.base(now=LATER)
    assert (run.ok, run.error, run.enterprise_id) == (False, "upstream_absent", sync.firm().id)


BAD_ENTERPRISES = {
    "a name that is blank": {"name": "  "},
    "a control character": {"registered_address": "深圳\x00市"},
    "a latitude of 95": {"point": {"lng": 114.0, "lat": 95.0, "datum": "gcj02"}},
    "an unnamed datum": {"point": {"lng": 114.0, "lat": 22.0}},
    "a certificate issued in the future": {
        "certificates": [{**enterprise()["certificates"][0], "issued_on": "2026-03-04"}]
    },
    "an item that ends before it begins": {
        "certificates": [{**enterprise()["certificates"][0], "items": [item(valid_to="2025-08-31")]}]
    },
    "a day that does not exist": {
        "certificates": [{**enterprise()["certificates"][0], "items": [item(valid_to="2026-02-30")]}]
    },
    "an item listed twice": {
        "certificates": [{**enterprise()["certificates"][0], "items": [item(), item()]}]
    },
    "a permit that ends before it begins": {
        "safety_permits": [
            {"number": "x", "valid_from": "2026-01-02", "valid_to": "2026-01-01", "status": "valid"}
        ]
    },
    "an unknown permit status": {
        "safety_permits": [
            {"number": "x", "valid_from": "2026-01-01", "valid_to": "2027-01-01", "status": "?"}
        ]
    },
    "no certificate at all where there were some": {"certificates": []},
}


@pytest.mark.parametrize("fields", BAD_ENTERPRISES.values(), ids=BAD_ENTERPRISES)
def test_a_record_that_cannot_be_believed_is_rejected_whole(
    sync: Sync, standin: Standin, fields: dict[str, object]
) -> None:
    standin.fill(enterprise())
    sync.base()
    standin.change(code(1), **{"legal_representative": "新的法人", **fields})
    run = sync.base(now=LATER)
    assert (run.ok, run.error) == (False, "record_rejected")
    assert run.counts["rejected"][0]["reasons"]
    assert (sync.firm().legal_representative, sync.firm().synced_at) == ("示例法人", NOW)
    (only,) = queries.items_of(sync.session, sync.firm().id)
    assert str(only.valid_to) == "2026-08-31"


def test_an_answer_about_another_enterprise_is_rejected(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    standin.control.patch(f"/control/enterprises/{code(1)}", json={"uscc": code(2)}).raise_for_status()
    assert sync.base().counts["rejected"][0]["reasons"][0]["code"] == "other_enterprise"


BAD_PEOPLE = {
    "wrong check digit": {"id_number": "110105194912310021"},
    "no such day": {"id_number": "110105194902300020"},
    "blank name": {"name": ""},
    "certificate of no kind": {"certificates": [{**person(2)["certificates"][0], "holding": "岗位证"}]},
    "certificate twice": {"certificates": [person(2)["certificates"][0]] * 2},
    "employer code wrong": {"certificates": [{**person(2)["certificates"][0], "employer_uscc": "9144"}]},
}


@pytest.mark.parametrize("fields", BAD_PEOPLE.values(), ids=BAD_PEOPLE)
def test_a_bad_person_is_rejected_alone_and_stays_as_they_were(
    sync: Sync, standin: Standin, fields: dict[str, object]
) -> None:
    standin.fill(enterprise())
    sync.base()
    sync.people()
    standin.change(
        code(1), people=[person(1, education="硕士"), person(2, **{"education": "硕士", **fields})]
    )
    run = sync.people(now=LATER)
    first, second = roster(sync.session, sync.firm().id)
    assert (run.ok, run.counts["rejected"][0]["key"]) == (False, "P0002")
    assert (first.person.education, second.person.education) == ("硕士", "本科")
    assert "1101" not in str(run.counts), "a rejected record must not leak its content"


@pytest.mark.rule("SZ-17")
def test_someone_no_longer_listed_is_dropped_with_the_date_and_may_come_back(
    sync: Sync, standin: Standin
) -> None:
    standin.fill(enterprise())
    sync.base()
    sync.people()
    firm = sync.firm()
    gone = roster(sync.session, firm.id)[1]
    standin.change(code(1), drop_people=["P0002"])
    assert sync.people(now=LATER).counts["dropped"] == 1
    assert gone.dropped_at == LATER and not is_on_roster(sync.session, firm.id, gone.person_id)
    standin.change(code(1), add_people=[person(2)])
    sync.people(now=LATER)
    assert is_on_roster(sync.session, firm.id, gone.person_id)


def test_an_empty_roster_where_there_was_one_is_taken_for_a_fault(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    sync.base()
    sync.people()
    standin.change(code(1), people=[])
    run = sync.people(now=LATER)
    assert (run.ok, run.error, len(roster(sync.session, sync.firm().id))) == (False, "roster_vanished", 2)


def test_a_handle_that_passes_to_another_id_number_is_another_human_being(
    sync: Sync, standin: Standin
) -> None:
    standin.fill(enterprise())
    sync.base()
    sync.people()
    before = roster(sync.session, sync.firm().id)[0].person
    standin.change(code(1), people=[person(1, id_number=resident_id(77)), person(2)])
    sync.people(now=LATER)
    now_there = {entry.upstream_ref: entry.person for entry in roster(sync.session, sync.firm().id)}
    assert now_there["P0001"].id != before.id
    assert before.upstream_id == f"P0001~{before.id}"
    (only,) = queries.items_of(sync.session, sync.firm().id)
    assert only.technical_lead_id == now_there["P0001"].id


def test_one_human_being_under_two_handles_is_one_person_on_two_rosters(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise(1), enterprise(2, people=[person(1, id="OTHER")]))
    for n in (1, 2):
        sync.base(n)
        sync.people(n)
    assert (
        roster(sync.session, sync.firm(2).id)[0].person_id
        == roster(sync.session, sync.firm(1).id)[0].person_id
    )


def test_a_certificate_no_longer_listed_is_kept_but_no_longer_shown(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    sync.base()
    sync.people()
    standin.change(code(1), people=[person(1, certificates=person(1)["certificates"][:1]), person(2)])
    sync.people(now=LATER)
    sync.session.expire_all()
    first = roster(sync.session, sync.firm().id)[0].person
    assert [c.holding for c in first.certificates] == ["registered"]
    rows = sync.session.scalars(
        select(PersonCertificate).where(PersonCertificate.person_id == first.id)
    ).all()
    assert sorted(c.dropped_at is None for c in rows) == [False, True]


def test_photographs_are_fetched_once_and_a_broken_one_keeps_the_old(
    sync: Sync, standin: Standin, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "1.jpg"
    file.write_bytes(photo(10))
    standin.fill(enterprise(people=[person(1, photo=str(file))]))
    sync.base()
    sync.people()
    kept = roster(sync.session, sync.firm().id)[0].person.photo_sha256
    sync.store.files.clear()
    sync.people(now=LATER)
    assert sync.store.files == {}, "unchanged: 304"
    file.write_bytes(b"not a picture")
    run = sync.people(now=LATER)
    assert run.ok and run.counts["photos"][0]["reasons"][0]["code"] == "photo_unreadable"
    assert roster(sync.session, sync.firm().id)[0].person.photo_sha256 == kept
    file.write_bytes(photo(20))
    sync.people(now=LATER)
    assert roster(sync.session, sync.firm().id)[0].person.photo_sha256 not in {None, kept}


@pytest.mark.rule("SZ-15")
def test_a_reissued_certificate_moves_the_item_but_not_its_first_date(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    sync.base()
    (before,) = queries.items_of(sync.session, sync.firm().id)
    renewed = {
        "number": "D344009999", "licensing_authority": "深圳市住房和建设局", "issued_on": "2026-02-01",
        "items": [item(first_issued_on="2026-02-01", valid_to="2027-01-31")],
    }  # fmt: skip
    standin.change(code(1), certificates=[renewed])
    sync.base(now=LATER)
    (after,) = queries.items_of(sync.session, sync.firm().id)
    assert (after.id, str(after.first_issued_on), str(after.valid_to)) == (
        before.id,
        "2025-09-01",
        "2027-01-31",
    )


def test_what_was_withdrawn_here_stays_withdrawn_and_a_new_grant_is_a_new_item(
    sync: Sync, standin: Standin
) -> None:
    standin.fill(enterprise())
    sync.base()
    (old,) = queries.items_of(sync.session, sync.firm().id)
    service.withdraw(sync.session, item_ids=[old.id], reason="示例", actor="staff:1", now=NOW)
    sync.base(now=LATER)
    assert [i.status for i in queries.items_of(sync.session, sync.firm().id)] == ["withdrawn"]
    fresh = {**enterprise()["certificates"][0], "number": "D344008888", "issued_on": "2026-03-01"}
    standin.change(code(1), certificates=[fresh])
    sync.base(now=LATER)
    sync.session.refresh(old)
    (new,) = queries.items_of(sync.session, sync.firm().id)
    assert (new.id != old.id, new.status, old.absent_since) == (True, "valid", LATER)


def test_a_permit_no_longer_listed_does_not_count(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    sync.base()
    firm = sync.firm()
    assert queries.has_valid_permit(sync.session, firm.id, NOW.date())
    standin.change(code(1), safety_permits=[])
    sync.base(now=LATER)
    assert not queries.has_valid_permit(sync.session, firm.id, NOW.date())


def test_a_point_gets_a_new_version_only_when_the_upstream_changed_it(sync: Sync, standin: Standin) -> None:
    standin.fill(enterprise())
    sync.base()
    firm = sync.firm()
    mine = confirm_point(
        sync.session,
        enterprise_id=firm.id,
        lng=114.06,
        lat=22.55,
        datum="gcj02",
        fence=None,
        by="staff:1",
        now=NOW,
    )
    sync.base(now=LATER)
    points = select(RegisteredPoint).where(RegisteredPoint.enterprise_id == firm.id)
    assert len(sync.session.scalars(points).all()) == 2
    standin.change(code(1), registered_address="深圳市南山区示例大道2号")
    sync.base(now=LATER)
    assert len(sync.session.scalars(points).all()) == 3
    assert queries.point_in_force(sync.session, firm.id) == mine, "the upstream's point waits for staff"
