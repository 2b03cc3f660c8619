"""Hand-work of the bureau: each step with a reason, audited, and by two officers where §0 says so."""

from verify_api.cases.handwork.clock import DayWrong, extend, pause, resume
from verify_api.cases.handwork.reasons import NothingStands, ReasonNeeded
from verify_api.cases.handwork.standing import appeal, decide_appeal, hold, release
from verify_api.cases.handwork.steps import TermNotAllowed, cancel, issue_draft, refuse_draft, reopen
from verify_api.cases.handwork.two_officers import ProposalOutdated, SecondOfficerNeeded, confirm, propose

__all__ = [
    "DayWrong",
    "NothingStands",
    "ProposalOutdated",
    "ReasonNeeded",
    "SecondOfficerNeeded",
    "TermNotAllowed",
    "appeal",
    "cancel",
    "confirm",
    "decide_appeal",
    "extend",
    "hold",
    "issue_draft",
    "pause",
    "propose",
    "refuse_draft",
    "release",
    "reopen",
    "resume",
]
