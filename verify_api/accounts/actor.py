"""Who acts. Services are given an `Actor`, never a request or a session of the web."""

from dataclasses import dataclass
from enum import StrEnum

from registry.errors import Forbidden


class Kind(StrEnum):
    """The kinds of actor of DOMAIN A.1.2."""

    ENTERPRISE = "enterprise"
    STAFF = "staff"
    PERSON = "person"
    SYSTEM = "system"


class Role(StrEnum):
    """What a member of staff may do (DOMAIN A.1.2). One person, one role: separation of duties."""

    REVIEWER = "reviewer"  # 审核员
    ADMIN = "admin"  # 管理员
    DECIDER = "decider"  # 决定人
    AUDITOR = "auditor"  # 审计员


ROLE_NAMES = {
    Role.REVIEWER: "审核员",
    Role.ADMIN: "管理员",
    Role.DECIDER: "决定人",
    Role.AUDITOR: "审计员",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, as far as a service needs to know.

    Only the system has no account. `role` is set for staff alone, `enterprise_id` for an enterprise
    alone, `person_id` for a check-in person alone.
    """

    kind: Kind
    account_id: int | None
    name: str
    role: Role | None = None
    enterprise_id: int | None = None
    person_id: int | None = None

    @property
    def label(self) -> str:
        """A name for histories that stays true when names change, e.g. `staff:7`."""
        return str(self.kind) if self.account_id is None else f"{self.kind}:{self.account_id}"

    @property
    def own_enterprise(self) -> int:
        """Id of the enterprise that acts.

        Raises:
            Forbidden: The actor is no enterprise.
        """
        if self.enterprise_id is None:
            raise Forbidden
        return self.enterprise_id


SYSTEM = Actor(Kind.SYSTEM, None, "系统")
