"""What every step of the random interleavings works on: one case, the oracle beside it, and one clock."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session, sessionmaker

from registry.clock import SHANGHAI
from registry.enterprises.models import AbnormalMark, Origin
from registry.people.models import PersonCertificate
from tests.verify_api.cases.oracle_of_days import months
from tests.verify_api.cases.oracle_of_handwork import HandworkOracle
from tests.verify_api.factories import ADMIN, Firm, make_firm
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case, PersonList, Proposal
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.cases.queries import history
from verify_api.cases.timing import running
from verify_api.cases.transition import lock
from verify_api.notices.models import Notice
from verify_api.policy import service as policies

# What the sequences may change from one day to the next.
RULES = {"revocation.mode": "automatic", "rectification.issue": "automatic", "stock.resubmit_days": 10}


class Machine(RuleBasedStateMachine):
    """One case over a connection that is rolled back, and what must hold after every step."""

    engine: ClassVar[Engine]
    steps: ClassVar[int] = 0
    seen: ClassVar[Counter[str]] = Counter()

    case: Case
    firm: Firm
    oracle: HandworkOracle
    now: datetime
    people: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        self.sessions = sessionmaker(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        self.session: Session = self.sessions()
        self.counter = 0
        self.proposals: dict[str, Proposal] = {}

    def teardown(self) -> None:
        self.session.close()
        self.outer.rollback()
        self.connection.close()

    # Where it begins.

    def open_case(self, track: str, start: date, rules: dict[str, Any]) -> None:
        """A firm that could pass, and its case, opened at nine."""
        self.now = datetime(start.year, start.month, start.day, 9, tzinfo=SHANGHAI)
        is_first = track == "FIRST"
        valid_to = date(start.year + 1, 6, 30) if is_first else date(2040, 1, 1)
        self.firm = make_firm(
            self.session,
            origin=Origin.COMMITMENT if is_first else Origin.ORDINARY,
            issued=start,
            valid_to=valid_to,
            permit_to=date(2040, 1, 1),
            now=self.now,
        )
        # Registrations that run out would change what a list needs; that is tested with the lists.
        self.session.execute(update(PersonCertificate).values(valid_to=None))
        self.people = self.firm.enough
        state = "OPEN" if is_first else "NOTIFYING"
        self.oracle = HandworkOracle(track, state, start, valid_to, set(self.people))
        self.put_in_force(rules, since=start)
        given: dict[str, Any] = {"enterprise": self.firm.enterprise, "actor": ADMIN, "now": self.now}
        if is_first:
            [self.case] = open_first_cases(self.session, **given)
            self.oracle.run(months(start, 10), since=start)
        else:
            reasons = [GivenReason(StockReason.COMPLAINT, "举报")]
            self.case, _ = open_stock_case(self.session, reasons=reasons, item_ids=None, **given)

    def put_in_force(self, changes: dict[str, Any], *, since: date) -> None:
        """Drafted the day before by one officer, activated by another."""
        before = datetime(since.year, since.month, since.day, 8, tzinfo=SHANGHAI) - timedelta(days=1)
        said: dict[str, Any] = {"reason": "试行", "basis": "内部规程", "actor": "staff:1", "now": before}
        row = policies.draft(self.session, changes=RULES | changes, effective_from=since, **said)
        policies.preview(self.session, row.version, actor="staff:1", now=before)
        policies.activate(self.session, row.version, actor="staff:2", now=before)
        self.oracle.policies.append((since, RULES | changes))

    # What steps share.

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return self.now.astimezone(SHANGHAI).date()

    def locked(self) -> Case:
        """The case as a request takes it."""
        case = lock(self.session, self.case.id)
        assert case is not None
        return case

    def refused(self, act: Callable[[], Any], *errors: type[Exception], code: str = "") -> None:
        """The request must be refused; as at the edge, nothing of it stays."""
        nested = self.session.begin_nested()
        with pytest.raises(errors) as caught:
            act()
        nested.rollback()
        self.session.expire_all()
        if code:
            assert getattr(caught.value, "code", None) == code

    # What must always hold.

    @invariant()
    def nothing_disagrees(self) -> None:
        if not hasattr(self, "case"):
            return
        Machine.steps += 1
        Machine.seen[self.oracle.state] += 1
        self.session.flush()
        self.the_service_and_the_rules_agree()
        self.drafts_of_orders_wait_where_the_rules_say()
        self.the_registry_follows_the_case()
        self.the_people_see_the_window_that_runs()
        self.the_history_has_no_gap()

    def the_service_and_the_rules_agree(self) -> None:
        deadline, clock = running(self.session, self.case.id), self.oracle.clock
        said = (deadline.last_day, deadline.is_provisional) if deadline else None
        assert self.case.state == self.oracle.state
        assert said == ((clock.due, not clock.is_known) if clock else None)
        kinds = select(Notice.kind).where(Notice.case_id == self.case.id).order_by(Notice.id)
        assert list(self.session.scalars(kinds)) == self.oracle.notices

    def drafts_of_orders_wait_where_the_rules_say(self) -> None:
        drafts = standing(self.session, self.case.id, FactKind.NOTICE_DRAFT)
        said = ["missed" if one == "missed" else "checkin_voided" for one in self.oracle.drafts]
        assert [one.detail["event"] for one in drafts] == said

    def the_registry_follows_the_case(self) -> None:
        assert self.firm.items[0].status == self.oracle.status
        query = select(AbnormalMark.id).where(AbnormalMark.item_id == self.firm.items[0].id)
        marks = self.session.scalars(query.where(AbnormalMark.lifted_at.is_(None))).all()
        assert bool(marks) == self.oracle.is_marked

    def the_people_see_the_window_that_runs(self) -> None:
        if self.oracle.state not in ("CHECKING_IN", "RECHECKING_IN"):
            return
        query = select(PersonList.window_closes_at).where(PersonList.case_id == self.case.id)
        shown = self.session.scalars(query.order_by(PersonList.version.desc()).limit(1)).one()
        assert self.oracle.clock is not None
        assert shown == self.oracle.clock.end

    def the_history_has_no_gap(self) -> None:
        seqs = [event.seq for event in history(self.session, self.case.id)]
        assert seqs == list(range(1, len(seqs) + 1))
