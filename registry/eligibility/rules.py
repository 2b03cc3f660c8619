"""Whether performance can carry an application for a qualification: every failing clause. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from registry.clauses import Clause
from registry.projects.fields import DEPARTMENTAL, PERSON_ROLES, STAGE_NAMES
from registry.projects.grades import NATIONAL_BLOCKS, PROVINCIAL_BLOCKS, at_least
from registry.projects.models import Grade, Stage

IN_FORCE_SINCE = date(2023, 9, 15)  # MO-12
PLATFORM_SINCE = date(2024, 1, 1)  # MO-03; the alternative of MO-02 ends the day before.
DESIGN_PLATFORM_SINCE = date(2018, 1, 1)  # 建办市〔2017〕67号: after 2017-12-31 (GX-01)
FIRM_ROLES = frozenset({"勘察", "设计", "施工", "监理"})
PROVINCIAL_PERSON_ROLES = frozenset({"项目经理", "技术负责人"})  # JL-06

# MO-04, as listed; the article's own total of 43 does not add up and is not used.
MINISTRY_ITEMS: Mapping[str, frozenset[str]] = {
    "施工": frozenset(
        {"建筑工程", "市政公用工程", "电力工程", "矿山工程", "冶金工程", "石油化工工程", "机电工程"}
    ),
    "设计": frozenset(
        (
            *("建筑", "市政", "煤炭", "化工石化医药", "石油天然气", "电力", "冶金", "军工", "机械"),
            *("商物粮", "核工业", "轻纺", "建材", "农林", "建筑工程事务所", "工程设计专项"),
        )
    ),
    "勘察": frozenset(
        (
            *("岩土工程", "岩土工程勘察", "岩土工程设计", "岩土工程物探测试检测监测"),
            *("水文地质勘察", "工程测量"),
        )
    ),
    "监理": frozenset(
        (
            *("房屋建筑工程", "市政公用工程", "电力工程", "矿山工程", "冶炼工程"),
            *("化工石油工程", "机电安装工程", "通信工程"),
        )
    ),
}
DEPARTMENT_ITEMS = frozenset({"公路工程", "铁路工程", "港口与航道工程", "水利水电工程", "通信工程"})  # MO-05


class Use(StrEnum):
    """Who decides on the application."""

    NATIONAL = "national"  # 部批
    PROVINCIAL = "provincial"  # 省、市批


@dataclass(frozen=True, slots=True)
class Asked:
    """The question. `items` are qualifications applied for, by category; none means any."""

    use: Use
    on: date
    firm_kind: str = "施工"
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonPart:
    """A person's part in a project."""

    person: int | None
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project as it stood at the end of the day asked about."""

    id: int
    code: str
    name: str
    location_code: str
    category: str
    grades: Mapping[Stage, Grade]
    roles: frozenset[str] = frozenset()  # the firm's
    people: tuple[PersonPart, ...] = ()
    is_on_national: bool = False
    is_on_government: bool = False
    is_false: bool = False
    has_indicator_confirmation: bool = False  # 核查意见 (MO-02)
    is_confirmed_by_department: bool = False
    goes_straight_to_city: bool = False
    derives_basic: bool = False


@dataclass(frozen=True, slots=True)
class PersonnelFact:
    """Registered people an item demands and the firm has; `need` None where the standard is not known."""

    item: str
    grade: str
    need: int | None
    have: int


@dataclass(frozen=True, slots=True)
class FirmFacts:
    """What stands against the firm itself."""

    abnormal: tuple[str, ...] = ()  # causes of the marks that stand
    personnel: tuple[PersonnelFact, ...] = ()
    has_commitment: bool = True


@dataclass(frozen=True, slots=True)
class ProjectVerdict:
    """One project: for the firm, for people, every failing clause of each, and the shortest way."""

    project: ProjectFacts
    for_firm: tuple[Clause, ...]
    for_people: tuple[Clause, ...]
    warnings: tuple[Clause, ...]
    way: tuple[str, ...]

    @property
    def serves_firm(self) -> bool:
        """Usable as 企业业绩."""
        return not self.for_firm

    @property
    def serves_people(self) -> bool:
        """Usable as 个人业绩."""
        return not self.for_people


@dataclass(frozen=True, slots=True)
class PersonVerdict:
    """One person: the projects that serve, and why none does."""

    person: int
    projects: tuple[str, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer. `blocking` stands against the firm whatever its projects are."""

    asked: Asked
    blocking: tuple[Clause, ...]
    notes: tuple[Clause, ...]
    projects: tuple[ProjectVerdict, ...]
    people: tuple[PersonVerdict, ...]

    @property
    def is_eligible(self) -> bool:
        """Nothing blocks, and at least one project serves the firm."""
        return not self.blocking and any(verdict.serves_firm for verdict in self.projects)


def judge(asked: Asked, firm: FirmFacts, projects: Sequence[ProjectFacts], people: Sequence[int]) -> Answer:
    """Judge every project and person, and the firm."""
    verdicts = tuple(judge_project(asked, project) for project in projects)
    own = tuple(verdict for verdict in verdicts if verdict.project.roles)
    blocking = tuple(firm_clauses(asked, firm))
    if not any(verdict.serves_firm for verdict in own):
        blocking += (Clause("MO-01", "no_usable_performance", "没有可作为企业业绩的项目"),)
    notes = (
        ()
        if firm.has_commitment
        else (Clause("MO-10", "commitment_due", "申请时须签署真实性承诺并授权核查"),)
    )
    return Answer(
        asked, blocking, notes, own, tuple(judge_person(asked, person, verdicts) for person in people)
    )


def firm_clauses(asked: Asked, firm: FirmFacts) -> Iterable[Clause]:
    """What stands against the firm itself (MO-06, MO-13), since 建市规〔2023〕3号 is in force (MO-12)."""
    if asked.on < IN_FORCE_SINCE:
        return
    for cause in firm.abnormal:
        yield Clause(
            "MO-13",
            "marked_abnormal",
            f"企业被标注资质异常（{cause}），标注期间不得申请资质许可",
            "完成整改并解除标注后再申请",
        )
    for fact in firm.personnel:
        if fact.grade != "一级":
            continue
        if fact.need is None:
            yield Clause(
                "MO-06", "standard_unknown", f"{fact.item}{fact.grade}的注册人员标准未知，须人工核定"
            )
        elif fact.have < fact.need:
            yield Clause(
                "MO-06",
                "too_few_registered",
                f"{fact.item}{fact.grade}须有注册人员{fact.need}人，现有{fact.have}人",
            )


def judge_project(asked: Asked, project: ProjectFacts) -> ProjectVerdict:
    """One project under the use asked about. Provincial approval accepts either standard (JL-07)."""
    for_firm, for_people = _national(asked, project, Grade.A), _national(asked, project, Grade.B)
    if asked.use is Use.PROVINCIAL:
        for_firm = _either(_provincial(project, is_firm=True), for_firm)
        for_people = _either(_provincial(project, is_firm=False), for_people)
    shared = _shared(project)
    for_firm += tuple(_firm_part(project)) + shared
    for_people += tuple(_people_part(project)) + shared
    warnings: tuple[Clause, ...] = ()
    if asked.use is Use.PROVINCIAL and Stage.INDICATORS not in project.grades:
        warnings = (Clause("JL-12", "indicators_advised", "作为代表工程业绩的，还需完善业绩指标信息"),)
    way = shortest_way(asked, project) if for_firm and not project.is_false else ()
    return ProjectVerdict(project, for_firm, for_people, warnings, way)


def _either(one: tuple[Clause, ...], other: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Nothing if either standard is met, else what the nearer one lacks."""
    return () if not one or not other else one


def _shared(project: ProjectFacts) -> tuple[Clause, ...]:
    if project.is_false:
        return (Clause("JL-26", "found_false", "项目信息已查实虚假"),)
    return ()


def _firm_part(project: ProjectFacts) -> Iterable[Clause]:
    if not project.roles & FIRM_ROLES:
        yield Clause("JL-01", "no_part_in_works", "企业不是该项目的勘察、设计、施工或监理单位")


def _people_part(project: ProjectFacts) -> Iterable[Clause]:
    if not any(part.role in PERSON_ROLES for part in project.people):
        yield Clause("JL-13", "no_personal_record", "项目未填报个人业绩信息")


def _provincial(project: ProjectFacts, *, is_firm: bool) -> tuple[Clause, ...]:
    """Three blocks of C or better, for contractors and their managers and leads (JL-06)."""
    clauses = [_block("JL-06", block, project.grades.get(block), Grade.C) for block in PROVINCIAL_BLOCKS]
    found = [clause for clause in clauses if clause is not None]
    if is_firm and "施工" not in project.roles:
        found.append(Clause("JL-06", "contractors_only", "C级及以上信息仅可作为参建施工企业的代表工程业绩"))
    if not is_firm and not any(part.role in PROVINCIAL_PERSON_ROLES for part in project.people):
        found.append(Clause("JL-06", "managers_and_leads_only", "仅可作为参建项目经理、技术负责人的个人业绩"))
    if project.location_code.startswith("32") and not project.is_on_government:
        found.append(
            Clause("JS-10", "not_on_government", "业绩未进入政务网", "请通过企业资质申报业绩指标库办理")
        )
    if project.location_code.startswith("45") and not at_least(project.grades.get(Stage.BASIC), Grade.C):
        found.append(Clause("GX-13", "not_passed_on_platform", "业绩未录入一体化平台并通过审核，不予认可"))
    return tuple(found)


def _national(asked: Asked, project: ProjectFacts, floor: Grade) -> tuple[Clause, ...]:
    """On the national platform, five blocks of A for the firm, A or B for people (MO-01, MO-03, JL-07)."""
    if project.category in DEPARTMENTAL:
        return _departmental(project)
    if not project.is_on_national:
        return _off_platform(asked, project)
    rule = "JL-07" if floor is Grade.A else "MO-01"
    clauses = [_block(rule, block, project.grades.get(block), floor) for block in NATIONAL_BLOCKS]
    return tuple(clause for clause in clauses if clause is not None)


def _departmental(project: ProjectFacts) -> tuple[Clause, ...]:
    if project.is_confirmed_by_department and project.is_on_national:
        return ()
    return (
        Clause(
            "MO-05",
            "department_confirms",
            f"{project.category}工程业绩由有关专业部门确认",
            "由专业厅局登录省级监管平台审核确认并推送",
        ),
    )


def _off_platform(asked: Asked, project: ProjectFacts) -> tuple[Clause, ...]:
    if any(is_platform_only_design(item) for item in asked.items) and asked.on >= DESIGN_PLATFORM_SINCE:
        return (Clause("GX-01", "not_on_platform", "未进入全国平台的业绩，在资质审查时不作为有效业绩认定"),)
    if asked.on >= PLATFORM_SINCE:
        return (
            Clause(
                "MO-03",
                "not_on_platform",
                "业绩未录入全国建筑市场平台，不予受理",
                "请补录并由主管部门确认后推送",
            ),
        )
    if project.has_indicator_confirmation:
        return ()
    return (
        Clause(
            "MO-02",
            "no_indicator_confirmation",
            "业绩未录入全国平台，且申请前未由项目所在地省级主管部门确认业绩指标真实性",
        ),
    )


def is_platform_only_design(item: str) -> bool:
    """建筑、市政行业甲级 design, 人防 excepted (GX-01)."""
    return item.startswith(("建筑行业", "市政行业")) and "甲级" in item and "人防" not in item


@cache
def _block(rule: str, block: Stage, held: Grade | None, floor: Grade) -> Clause | None:
    if held is None:
        return Clause(rule, "block_missing", f"缺少{STAGE_NAMES[block]}信息")
    if not at_least(held, floor):
        return Clause(rule, "grade_too_low", f"{STAGE_NAMES[block]}为{held}级，须达到{floor}级")
    return None


def judge_person(asked: Asked, person: int, verdicts: Sequence[ProjectVerdict]) -> PersonVerdict:
    """The projects that serve one person in a role that counts; why not, where none does."""
    theirs = [
        verdict
        for verdict in verdicts
        if any(part.person == person and part.role in PERSON_ROLES for part in verdict.project.people)
    ]
    serving = tuple(verdict.project.code for verdict in theirs if _serves(asked, person, verdict))
    if serving:
        return PersonVerdict(person, serving, ())
    if not theirs:
        return PersonVerdict(person, (), (Clause("MO-01", "no_personal_record", "没有个人业绩记录"),))
    nearest = min(theirs, key=lambda verdict: len(verdict.for_people))
    role = Clause("JL-06", "managers_and_leads_only", "仅可作为参建项目经理、技术负责人的个人业绩")
    return PersonVerdict(person, (), nearest.for_people or (role,))


def _serves(asked: Asked, person: int, verdict: ProjectVerdict) -> bool:
    """C serves only project managers and technical leads; what reaches the national standard, everybody."""
    roles = {part.role for part in verdict.project.people if part.person == person}
    return verdict.serves_people and (
        asked.use is Use.NATIONAL
        or bool(roles & PROVINCIAL_PERSON_ROLES)
        or not _national(asked, verdict.project, Grade.B)
    )


def shortest_way(asked: Asked, project: ProjectFacts) -> tuple[str, ...]:
    """The steps that would make the project serve the firm, in order; each covers several blocks at once."""
    if project.category in DEPARTMENTAL:
        return ("由专业厅局登录省级监管平台审核确认并推送",)
    blocks = NATIONAL_BLOCKS if asked.use is Use.NATIONAL else PROVINCIAL_BLOCKS
    held = tuple(project.grades.get(block, Grade.D) for block in blocks)
    first = Grade.B if project.goes_straight_to_city else Grade.C
    return _way(blocks, held, first, project.is_on_national, project.derives_basic)


@cache
def _way(
    blocks: tuple[Stage, ...],
    grades: tuple[Grade, ...],
    first: Grade,
    is_on_national: bool,
    derives_basic: bool,
) -> tuple[str, ...]:
    """The way from these grades. A firm's thousand projects stand in a handful of them, hence the cache."""
    held = dict(zip(blocks, grades, strict=True))
    missing = [block for block in blocks if held[block] is Grade.D]
    steps = [f"补录并确认为{first}级：{_names(missing)}"] if missing else []
    held.update(dict.fromkeys(missing, first))
    if blocks == PROVINCIAL_BLOCKS:
        return tuple(steps)
    for below, above, who in ((Grade.C, Grade.B, "市级确认为B级"), (Grade.B, Grade.A, "省级确认为A级")):
        if above is Grade.A and not is_on_national:
            steps.append("推送全国平台")
        raised = [block for block in blocks if held[block] is below]
        named = [block for block in raised if not (derives_basic and block is Stage.BASIC)]
        if named:
            steps.append(f"{who}：{_names(named)}")
        held.update(dict.fromkeys(raised, above))
    return tuple(steps)


def _names(blocks: Iterable[Stage]) -> str:
    return "、".join(STAGE_NAMES[block] for block in blocks)
