"""Random interleavings of enterprise, officers, people, clocks and crashes, against an oracle of the rules.

`DAKA_INTERLEAVINGS` sets how many sequences of up to fifty steps are tried; service and oracle are compared
after each step. `pytest -s` prints how many there were, and in which states and before which guards.
"""

import os
from datetime import date
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import Engine

from tests.verify_api.cases.machine_of_bad_luck import BadLuck
from tests.verify_api.cases.oracle_of_days import months

SEQUENCES = int(os.environ.get("DAKA_INTERLEAVINGS", "40"))
STEPS = 50


class CaseMachine(BadLuck):
    """One case, driven at random; after each step the service and the oracle must agree."""

    sequences: ClassVar[int] = 0
    track: ClassVar[str] = "STOCK"
    mode: ClassVar[str] = "automatic"

    @initialize(
        # Within the published calendars, and so near their end that the deadlines lie beyond.
        start=st.dates(date(2024, 1, 2), date(2026, 3, 1)) | st.dates(date(2026, 9, 1), date(2026, 12, 20)),
        depth=st.sampled_from([0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6]),
        issue=st.sampled_from(["automatic", "automatic", "draft"]),
    )
    def begin(self, start: date, depth: int, issue: str) -> None:
        CaseMachine.sequences += 1
        self.open_case(self.track, start, {"revocation.mode": self.mode, "rectification.issue": issue})
        self._go_deeper(depth)

    def _go_deeper(self, depth: int) -> None:
        """Chance alone rarely leads beyond the first list: begin in the middle as often as at the start."""
        if depth >= 1:
            self.receipt_arrives()
            self.submit(is_enough=True)
            self.decide(is_approved=True)
        if depth == 6:
            day = self.oracle.issued.day
            self.somebody_came_and_it_does_not_count(day)
            if self.oracle.drafts and day % 2:
                self.sign_the_draft()
            if day % 4 < 3 and self.oracle.restorable():
                self.a_void_is_taken_back_at_once()
            return
        if depth >= 2 and self.oracle.track == "STOCK":
            self.the_deadline_passes_and_the_sweep_comes()
            if self.oracle.drafts:
                self.sign_the_draft()
            self.receipt_arrives()
        if depth >= 3 and self.oracle.in_rectification:
            self.report_and_submit()
            if depth == 5 and self.oracle.under_review:
                day = self.oracle.issued.day  # With 86 days gone hardly any of the three months is left.
                self.the_bureau_takes_its_time(days=(75, 86)[day % 2], stood_days=day % 4 // 2 * 8)
                self.the_deadline_passes_and_the_sweep_comes()
            elif self.oracle.under_review:
                self.decide(is_approved=True)
        if depth == 4 and self.oracle.in_rectification:
            self.the_deadline_passes_and_the_sweep_comes()
            self.receipt_arrives()


@pytest.mark.rule("T-01")
@pytest.mark.rule("T-02")
@pytest.mark.rule("T-03")
@pytest.mark.rule("T-05")
@pytest.mark.rule("SZ-33")
@pytest.mark.rule("SZ-37")
@pytest.mark.parametrize(
    ("track", "mode", "share"),
    [("FIRST", "automatic", 0.25), ("STOCK", "automatic", 0.5), ("STOCK", "decision", 0.25)],
)
def test_no_interleaving_makes_the_service_and_the_rules_disagree(
    engine: Engine, track: str, mode: str, share: float
) -> None:
    CaseMachine.engine, CaseMachine.track, CaseMachine.mode = engine, track, mode
    tried = settings(
        max_examples=max(1, round(SEQUENCES * share)),
        stateful_step_count=STEPS,
        deadline=None,
        derandomize="CI" in os.environ,
        # Shrinking a failure takes minutes; who looks into one sets DAKA_SHRINK.
        phases=[Phase.generate, *([Phase.shrink] if "DAKA_SHRINK" in os.environ else [])],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_machine(CaseMachine, settings=tried)
    finally:
        seen = ", ".join(f"{name} {n}" for name, n in sorted(CaseMachine.seen.items()))
        print(f"\nso far {CaseMachine.sequences} sequences, {CaseMachine.steps} steps compared: {seen}")


def test_the_oracle_counts_as_the_rule_book_does() -> None:
    assert months(date(2024, 1, 31), 1) == date(2024, 2, 29)
