"""Who acts on a filing, and for which filings an officer is competent. Pure but for the look-up."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Forbidden
from registry.ledger.service import Actor
from registry.projects.models import Level
from registry.workflows.models import Filing, OfficerPost

_DIGITS = {Level.COUNTY: 6, Level.CITY: 4, Level.PROVINCE: 2, Level.MINISTRY: 0, Level.SUPPORT: 2}


class NoPost(Forbidden):
    """The account holds no post; departments are admitted on written request (GX-12)."""

    code = "no_post"
    message = "您的账号尚未开通项目库审核权限"


class NotCompetent(Forbidden):
    """Another authority's matter: another level, place or trade (JL-14, JL-24)."""

    code = "not_competent"
    message = "该申请不属于您的审核范围"


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm that acts. `has_device_key`: logged in with a key that cannot be copied (GX-12)."""

    enterprise_id: int
    account: str
    ip: str = ""
    has_device_key: bool = False

    @property
    def actor(self) -> Actor:
        """As the log names it."""
        return Actor(self.account, self.ip)


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of an authority."""

    account: str
    level: Level
    region: str
    authority: str
    businesses: frozenset[str] = frozenset()  # empty: all of the authority's
    ip: str = ""

    @property
    def actor(self) -> Actor:
        """As the log names it."""
        return Actor(self.account, self.ip)

    @property
    def reach(self) -> str:
        """The digits a location must begin with."""
        return self.region[: _DIGITS.get(self.level, 6)]


def officer_of(session: Session, account: str, *, ip: str = "") -> Officer:
    """The officer behind an account.

    Raises:
        NoPost: The account holds no post.
    """
    post = session.scalars(select(OfficerPost).where(OfficerPost.account == account)).first()
    if post is None:
        raise NoPost
    return Officer(account, Level(post.level), post.region, post.authority, frozenset(post.businesses), ip)


def is_competent(officer: Officer, filing: Filing, departments: Mapping[str, str]) -> bool:
    """Level of the step, place of the project (JL-14, GX-07), trade of the firm (JL-24)."""
    if officer.level.value != filing.at_level or not filing.location_code.startswith(officer.reach):
        return False
    business = departments.get(filing.firm_kind)
    return not officer.businesses or business is None or business in officer.businesses
