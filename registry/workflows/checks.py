"""Checks that several provinces share, each a pure function of the facts and the profile."""

from collections.abc import Iterable
from datetime import date

from registry.clauses import Clause
from registry.projects.fields import DEPARTMENTAL, PERSON_ROLES, STAGE_NAMES
from registry.projects.grades import may_be_raised
from registry.projects.models import Grade, Level, Stage
from registry.workflows.profile import Check, FilingFacts, Kind, Profile

DRAWING_CERTIFICATE_BEFORE = date(2016, 1, 1)


def supplier(facts: FilingFacts, profile: Profile) -> Iterable[Clause]:
    """Survey, design, construction and supervision firms file; builders do not (JL-01)."""
    if facts.firm_kind not in profile.firm_kinds:
        yield Clause("JL-01", "firm_kind_may_not_file", "仅勘察、设计、施工、监理企业可以补录")


def in_region(facts: FilingFacts, profile: Profile) -> Iterable[Clause]:
    """The works lie in the province (JL-04, GX-04)."""
    if not facts.location_code.startswith(profile.region):
        yield Clause(
            "JL-04", "outside_region", f"项目不在{profile.title}行政区域内", "请通过项目所在地的系统补录"
        )


def scope(facts: FilingFacts, profile: Profile) -> Iterable[Clause]:
    """The category is one the province takes in; some wait for the ministry (JL-04, JL-05)."""
    if facts.category in profile.refused_categories:
        yield Clause(
            "JL-05",
            "category_awaits_ministry",
            f"{facts.category}工程暂无需在省平台录入，待住建部明确后另行通知",
            "由交通运输、水利、工业和信息化等专业部门确认" if facts.category in DEPARTMENTAL else "",
        )
    elif facts.category not in profile.categories:
        yield Clause("JL-04", "category_out_of_scope", f"{facts.category}工程不在补录范围内")


def completed_or_permitted(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Completed, or permitted and not yet completed (JL-02)."""
    if facts.completed_on is None and facts.permitted_on is None:
        yield Clause(
            "JL-02", "neither_completed_nor_permitted", "项目既未竣工验收，也未办理施工许可（开工报告）"
        )


def not_displayed(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """A project on display is not entered again (JL-09, JL-10, JL-11)."""
    if facts.is_displayed:
        yield Clause(
            "JL-10",
            "already_displayed",
            "项目已在省平台展示，基本信息不得重复添加",
            "缺失的环节请在“业绩环节补录”中填报",
        )


def displayed(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Single stages are added to a project on display only (JL-03, JL-10)."""
    if not facts.is_displayed:
        yield Clause("JL-10", "not_displayed", "项目未在省平台展示", "请在“业绩补录”中填报")


def only_missing(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """A stage that is there is not overwritten; that is an erratum (JL-03)."""
    for stage in sorted(facts.stages & facts.existing):
        yield Clause("JL-03", "stage_exists", f"{STAGE_NAMES[stage]}已有信息，不能补录", "如有错误请申请勘误")


def something_filed(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """An empty filing says nothing."""
    if not facts.stages:
        yield Clause("", "nothing_filed", "未填报任何环节")


def required_stages(facts: FilingFacts, profile: Profile) -> Iterable[Clause]:
    """Every stage the way demands, at once (GX-05)."""
    for stage in sorted(profile.workflows[facts.kind].required_stages - facts.stages):
        yield Clause("GX-05", "stage_missing", f"缺少{STAGE_NAMES[stage]}，须一次性填报完整")


def allowed_stages(facts: FilingFacts, profile: Profile) -> Iterable[Clause]:
    """No stage that belongs to another way (JS-04)."""
    allowed = profile.workflows[facts.kind].stages
    if allowed is not None:
        for stage in sorted(facts.stages - allowed):
            yield Clause("JS-04", "stage_of_another_way", f"{STAGE_NAMES[stage]}不能通过本模块办理")


def personal_by_employer(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """个人业绩 is filed by the employer, together with the indicators, in a known role (JL-13)."""
    if not facts.people:
        if Stage.PERSONAL in facts.stages:
            yield Clause("JL-13", "people_missing", "未填报个人业绩人员")
        return
    if Stage.INDICATORS not in facts.stages | facts.existing:
        yield Clause("JL-13", "indicators_missing", "填报个人业绩时须同时填报企业业绩技术指标信息表")
    if any(person.get("employer_uscc") != facts.firm_uscc for person in facts.people):
        yield Clause("JL-13", "not_the_employer", "个人业绩应由其所在企业填报")
    if any(person.get("role") not in PERSON_ROLES for person in facts.people):
        yield Clause("JL-13", "unknown_role", "个人业绩角色不在规定范围内")


def raised_step_by_step(facts: FilingFacts, profile: Profile) -> Iterable[Clause]:
    """D is filed, C goes to the city, B to the province, never two steps (JL-16, JL-21)."""
    if facts.grade is None:
        yield Clause("JL-16", "nothing_to_raise", "所选环节没有可升级的信息")
    elif facts.grade is Grade.A:
        yield Clause("JL-16", "already_highest", "已为A级")
    elif facts.grade is Grade.D:
        yield Clause("JL-16", "step_skipped", "D级信息须先申报确认")
    else:
        to = Level.CITY if facts.grade is Grade.C else Level.PROVINCE
        yield from may_be_raised(facts.grade, to, is_shown_on_both=facts.is_shown_on_both)
    if profile.derives_basic and Stage.BASIC in facts.stages:
        yield Clause(
            "JS-09", "basic_is_derived", "工程基本信息等级不能直接升级", "请升级施工图审查或业绩技术指标信息"
        )


def erratum_on_existing(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Only what is there can be corrected."""
    for stage in sorted(facts.stages - facts.existing):
        yield Clause(
            "JL-22", "nothing_to_correct", f"{STAGE_NAMES[stage]}没有已入库的信息，不能勘误", "请补录该环节"
        )


def completed_before(cutoff: date, rule: str) -> Check:
    """No errata of what was completed from `cutoff` on, unless a reason is argued (JL-23)."""

    def check(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
        if facts.completed_on and facts.completed_on >= cutoff and not facts.reason.strip():
            yield Clause(
                rule,
                "new_completion_no_erratum",
                "通知印发后新竣工验收的项目原则上不予勘误",
                "确有必要的，请说明理由",
            )

    return check


def attachments(*kinds: str, rule: str) -> Check:
    """Attachments that must be there."""

    def check(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
        for kind in kinds:
            if kind not in facts.attachments:
                yield Clause(rule, "attachment_missing", f"缺少附件：{kind}")

    return check


def device_key(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Firms log in with their 企业身份锁 (GX-12)."""
    if not facts.has_device_key:
        yield Clause("GX-12", "device_key_missing", "请使用企业身份锁登录后办理")


def reasoned(rule: str) -> Check:
    """The exception needs its reason."""

    def check(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
        if not facts.reason.strip():
            yield Clause(rule, "reason_missing", "请说明申请理由")

    return check


COMMON_OPENING: tuple[Check, ...] = (supplier, in_region, scope)
COMMON_SUBMISSION: tuple[Check, ...] = (
    something_filed,
    allowed_stages,
    required_stages,
    personal_by_employer,
)
SUPPLEMENTS = frozenset(
    {Kind.SUPPLEMENT, Kind.DIRECT_REVIEW, Kind.ROUTINE, Kind.OUTSIDE_TRADE, Kind.CONTRACT}
)
