"""What differs between provinces, as values. The engine knows no province. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from registry.clauses import Clause
from registry.projects.grades import GRADE_OF, goes_straight_to_city, next_level
from registry.projects.models import Grade, Level, Stage
from registry.publication.models import Target


class Kind(StrEnum):
    """What a filing asks for."""

    SUPPLEMENT = "supplement"  # 业绩补录
    STAGE_SUPPLEMENT = "stage_supplement"  # 业绩环节补录
    COMPLETION = "completion"  # 勘误（完善）: what the national platform lacks
    INDICATOR_LIBRARY = "indicator_library"  # 企业资质申报业绩指标库
    OUTSIDE_TRADE = "outside_trade"  # 行业外工程
    CONTRACT = "contract"  # 合同归集
    UPGRADE = "upgrade"  # 升级（逐级确认）
    ERRATUM = "erratum"  # 勘误
    DIRECT_REVIEW = "direct_review"  # 省级直接审核
    ROUTINE = "routine"  # 新竣工项目日常申报


class Action(StrEnum):
    """What happens at a step."""

    FILE = "file"  # the firm fills in and submits
    REVIEW = "review"  # an authority decides
    OPEN_PORT = "open_port"  # the province lets this firm fill in this project
    EXECUTE = "execute"  # the supporting unit carries out what was agreed


class Who(StrEnum):
    """Whose turn it is; LOCATION and NEXT are worked out when the filing is opened."""

    FIRM = "firm"
    LOCATION = "location"  # the authority that confirms first at the place of the project
    NEXT = "next"  # the authority one step above the present grade
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    MINISTRY = "ministry"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way. `needs_document`: an official document; `needs_method`: how it was checked."""

    action: Action
    who: Who
    needs_document: bool = False
    needs_method: bool = False

    def to_mapping(self, who: str) -> dict[str, Any]:
        """As a filing freezes it."""
        return {
            "action": self.action.value,
            "who": who,
            "needs_document": self.needs_document,
            "needs_method": self.needs_method,
        }


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """Everything a check may look at. Dates are those of the filing, else of the record it is about."""

    kind: Kind
    today: date
    firm_kind: str
    firm_uscc: str
    location_code: str
    category: str
    work_type: str
    specialty: str = ""
    stages: frozenset[Stage] = frozenset()  # in this filing
    existing: frozenset[Stage] = frozenset()  # confirmed already
    on_national: frozenset[Stage] = frozenset()  # shown by the national platform
    is_displayed: bool = False  # on the provincial platform
    attachments: frozenset[str] = frozenset()
    people: Sequence[Mapping[str, Any]] = ()
    completed_on: date | None = None
    permitted_on: date | None = None
    drawing_passed_on: date | None = None
    contract_signed_on: date | None = None
    is_direct_award: bool = False
    has_device_key: bool = False
    reason: str = ""  # why an exception is asked for
    grade: Grade | None = None  # the lowest of the stages an upgrade is about

    @property
    def is_shown_on_both(self) -> bool:
        """Shown by the provincial and the national platform."""
        return self.is_displayed and Stage.BASIC in self.on_national


@dataclass(frozen=True, slots=True)
class PushFacts:
    """What decides whether confirmed data may go to the national platform."""

    kind: Kind
    category: str
    filed_on: date
    confirmed_on: date
    completed_on: date | None
    permitted_on: date | None
    is_on_national: bool
    has_permit: bool
    override: str = ""  # an authority's reasoned permission


Check = Callable[[FilingFacts, "Profile"], Iterable[Clause]]
PushRule = Callable[[PushFacts], Clause | None]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A way: who may begin it, what it must carry, through whose hands it goes, where the result is shown.

    `on_opening` is judged when the firm begins, `on_request` when it hands in anything before its last turn,
    `on_submission` when it hands in for good.
    """

    title: str
    steps: tuple[Step, ...]
    on_opening: tuple[Check, ...] = ()
    on_submission: tuple[Check, ...] = ()
    on_request: tuple[Check, ...] = ()
    stages: frozenset[Stage] | None = None  # the stages it may carry; None: all
    required_stages: frozenset[Stage] = frozenset()
    targets: tuple[Target, ...] = (Target.PROVINCIAL, Target.NATIONAL)
    has_time_limit: bool = True  # whether the profile's review days bind the reviewer


@dataclass(frozen=True, slots=True)
class Profile:
    """A province's rules from a day on."""

    name: str
    title: str
    region: str  # first two digits of its district codes
    effective_on: date
    basis: str
    workflows: Mapping[Kind, Workflow]
    firm_kinds: frozenset[str] = frozenset({"勘察", "设计", "施工", "监理"})
    categories: frozenset[str] = frozenset()
    refused_categories: frozenset[str] = frozenset()
    departments: Mapping[str, str] = field(default_factory=dict)  # firm kind → reviewing business
    has_county_level: bool = True
    straight_to_city: Callable[[str, str, str], bool] = goes_straight_to_city
    derives_basic: bool = False
    review_workdays: int | None = None
    is_deemed_approved: bool = False
    port_days: int = 30
    push: PushRule = lambda _facts: None

    @property
    def key(self) -> str:
        """Name and day, e.g. jilin@2024-11-25."""
        return f"{self.name}@{self.effective_on.isoformat()}"

    def first_level(self, category: str, work_type: str, specialty: str) -> Level:
        """Who confirms first at the place of the project (JL-14, JL-17)."""
        is_city = not self.has_county_level or self.straight_to_city(category, work_type, specialty)
        return Level.CITY if is_city else Level.COUNTY

    def plan(self, facts: FilingFacts) -> list[dict[str, Any]]:
        """The steps of a filing with every place filled, as it freezes them."""
        return [step.to_mapping(self._who(step.who, facts)) for step in self.workflows[facts.kind].steps]

    def _who(self, who: Who, facts: FilingFacts) -> str:
        if who is Who.LOCATION:
            return self.first_level(facts.category, facts.work_type, facts.specialty).value
        if who is Who.NEXT:
            level = next_level(facts.grade) if facts.grade else None
            return (level or Level.CITY).value
        return who.value

    def grade_for(self, level: Level) -> Grade | None:
        """The grade a confirmation of that level gives (JL-15); a firm never names it."""
        return GRADE_OF.get(level)
