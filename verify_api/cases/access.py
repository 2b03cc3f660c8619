"""The one door to cases for a user. Absent and not yours answer alike."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Forbidden, NotFound
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.cases.models import Case


class CaseNotFound(NotFound):
    """No such case, or not this actor's."""

    code = "case_not_found"
    message = "核查任务不存在，或无权查看"


class RoleMissing(Forbidden):
    """The officer's role does not allow this (DOMAIN A.1.2)."""

    code = "role_missing"


def case_for(session: Session, number: str, *, actor: Actor, for_update: bool = False) -> Case:
    """The case by its public number, if this actor may see it.

    Raises:
        CaseNotFound: Absent, or somebody else's.
    """
    query = select(Case).where(Case.number == number)
    if actor.kind is Kind.ENTERPRISE:
        query = query.where(Case.enterprise_id == actor.enterprise_id)
    elif actor.kind is not Kind.STAFF:
        raise CaseNotFound
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    case = session.scalar(query)
    if case is None:
        raise CaseNotFound
    return case


def require_role(actor: Actor, *roles: Role) -> None:
    """Refuse unless a member of staff with one of the roles acts.

    Raises:
        RoleMissing: Somebody else does.
    """
    if actor.kind is not Kind.STAFF or actor.role not in roles:
        raise RoleMissing("您的岗位不能进行此操作")
