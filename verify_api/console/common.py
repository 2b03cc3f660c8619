"""What console routes share: the locked case, the enterprise by USCC."""

from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from registry.enterprises.queries import enterprise_by_uscc
from registry.errors import NotFound
from verify_api.accounts.deps import StaffDep
from verify_api.cases.access import case_for
from verify_api.cases.models import Case, Proposal
from verify_api.http.deps import SessionDep


class EnterpriseUnknown(NotFound):
    """No enterprise of this USCC has been synced."""

    code = "enterprise_not_found"
    message = "没有该统一社会信用代码的企业，请先同步"


class ProposalUnknown(NotFound):
    """No such step of this case waits."""

    code = "proposal_not_found"
    message = "没有该待复核事项"


def locked_case(number: str, actor: StaffDep, session: SessionDep) -> Case:
    """The case, locked for a change."""
    return case_for(session, number, actor=actor, for_update=True)


LockedDep = Annotated[Case, Depends(locked_case)]


def known(session: Session, uscc: str) -> Enterprise:
    """The enterprise of this USCC.

    Raises:
        EnterpriseUnknown: It has not been synced.
    """
    enterprise = enterprise_by_uscc(session, uscc)
    if enterprise is None:
        raise EnterpriseUnknown
    return enterprise


def proposal_of(session: Session, case: Case, proposal_id: int) -> Proposal:
    """A step of this case that waits, or waited, for a second officer.

    Raises:
        ProposalUnknown: There is none of that number.
    """
    row = session.get(Proposal, proposal_id)
    if row is None or row.case_id != case.id:
        raise ProposalUnknown
    return row


def proposal_view(row: Proposal) -> dict[str, Any]:
    """A step that waits for a second officer."""
    return {
        "id": row.id,
        "action": row.action,
        "person": row.detail.get("person"),
        "reason": row.reason,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at.astimezone(SHANGHAI).isoformat(),
    }
