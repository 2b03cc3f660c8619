"""The values of a selection. Ids only: no name, number or phone enters here."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from registry.standards.values import LeadConditions

# The author of a hand-written list vouches that the certificate has the level the item asks for.
AS_REQUIRED = "as_required"
CONSTRUCTOR = "注册建造师"


class Role(StrEnum):
    """The two sub-minimums of SZ-18."""

    REGISTERED = "registered"  # 注册人员
    TITLED = "titled"  # 职称技术人员


BOTH_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Registration:
    """A 注册证书. `level` 一级 | 二级 | AS_REQUIRED; None is unknown and never counts as 一级.

    `valid_to` is the last valid day. `employer` None: registered with the enterprise that is checked.
    """

    specialty: str
    level: str | None = None
    valid_to: date | None = None
    employer: str | None = None
    kind: str = CONSTRUCTOR


@dataclass(frozen=True, slots=True)
class Title:
    """A 职称证书. `level` 高级 | 中级 | 初级 | AS_REQUIRED; None is unknown and never counts as 中级."""

    specialty: str
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What about a person matters to a list. `files`: roles for which a certificate file is uploaded (SZ-25).

    `on_roster` False: the last sync dropped the person (SZ-17). `years` of management, if known.
    """

    id: str
    registered: tuple[Registration, ...] = ()
    titled: tuple[Title, ...] = ()
    files: frozenset[Role] = BOTH_ROLES
    on_roster: bool = True
    in_open_case: bool = False
    years: int | None = None


@dataclass(frozen=True, slots=True)
class SpecialtyMin:
    """At least `minimum` heads in one of `any_of` (empty: any), of `level` if given."""

    minimum: int
    any_of: tuple[str, ...]
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A 资质项 with its required numbers; None is unknown and blocks, `blocks` says why.

    `registered_of` / `titled_of` (with level) limit what counts toward the number itself; empty: any.
    """

    code: str
    registered_required: int | None
    titled_required: int | None
    technical_lead: str | None
    registered_specialties: tuple[SpecialtyMin, ...] = ()
    titled_specialties: tuple[SpecialtyMin, ...] = ()
    registered_of: tuple[str, ...] = ()
    registered_level: str | None = None
    titled_of: tuple[str, ...] = ()
    titled_level: str | None = None
    lead_conditions: LeadConditions | None = None
    blocks: tuple[str, ...] = ()


class PermitState(StrEnum):
    """State of the 安全生产许可证 on the day; only VALID counts as 已取得 (SZ-22)."""

    VALID = "有效"
    NONE = "未取得"
    EXPIRED = "过期"
    SUSPENDED = "暂扣"
    REVOKED = "吊销"
    CANCELLED = "注销"


class AtHalf(StrEnum):
    """Policy for specialty shortfalls (SZ-24): under the 50 % rule they warn unless set otherwise."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class SelectionInput:
    """One question. `on` is the day of submission; `enterprise` the USCC that employers are compared with."""

    items: tuple[Item, ...]
    people: tuple[Person, ...]
    permit: PermitState
    on: date
    enterprise: str | None = None
    specialties_at_half: AtHalf = AtHalf.WARN
    specialties_at_full: AtHalf = AtHalf.BLOCK
    with_permit_percent: int = 50
    without_permit_percent: int = 100
    dual_certificate: bool = True  # one person may serve both sub-minimums (SZ-19)

    @property
    def is_half(self) -> bool:
        """Whether the 50 % rule applies (SZ-18) rather than all that are required (SZ-21)."""
        return self.permit is PermitState.VALID

    @property
    def percent(self) -> int:
        """The share of the required numbers that has to come."""
        return self.with_permit_percent if self.is_half else self.without_permit_percent


@dataclass(frozen=True, slots=True)
class Reason:
    """One violated condition: what was needed, what is there, who counts toward it, what would mend it."""

    code: str
    item: str | None
    need: int | None
    have: int | None
    message: str
    people: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Warning:
    """Something a reader should see that refuses nothing."""

    code: str
    item: str | None
    message: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Needed and present heads with the people who count. `need` None: the rule sets no such number."""

    need: int | None
    have: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemTally:
    """How a list stands toward one item; `share` in percent."""

    share: int
    registered: Tally
    titled: Tally
    heads: Tally
    technical_lead: str | None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`ok` only if there is no reason. Carries every reason at once."""

    ok: bool
    reasons: tuple[Reason, ...]
    warnings: tuple[Warning, ...]
    per_item: dict[str, ItemTally] = field(default_factory=dict)
