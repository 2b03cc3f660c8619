"""Jilin: 吉建管〔2024〕17号, 2024-11-25."""

from datetime import date

from registry.clauses import Clause
from registry.projects.fields import DEPARTMENTAL, HOUSES, INDUSTRIAL, MUNICIPAL
from registry.projects.models import Stage
from registry.workflows import checks
from registry.workflows.profile import Action, Kind, Profile, PushFacts, Step, Who, Workflow

NOTICE_ON = date(2024, 11, 25)
COMPLETED_UNTIL = date(2023, 12, 29)  # “前” includes the day (T-06)
PERMITTED_UNTIL = date(2024, 9, 1)
CONFIRMED_UNTIL = date(2024, 12, 31)
METHODS = ("核对工程档案信息原件", "核对档案馆提供的复印件", "实地核查")

_FILE = Step(Action.FILE, Who.FIRM)
_CONFIRM = Step(Action.REVIEW, Who.LOCATION, needs_method=True)


def may_push(facts: PushFacts) -> Clause | None:
    """Whether confirmed data may go to the national platform (JL-08, JL-09).

    What the text leaves between its two dates is taken in by the province and goes further only on an
    authority's reasoned word.
    """
    if facts.is_on_national or facts.override:
        return None
    if facts.completed_on is not None and facts.completed_on <= COMPLETED_UNTIL:
        rule = "JL-08"
    elif facts.completed_on is None and facts.permitted_on and facts.permitted_on <= PERMITTED_UNTIL:
        rule = "JL-09"
    else:
        return Clause(
            "JL-09",
            "between_the_dates",
            "竣工或施工许可日期不在推送范围内，仅在省平台展示",
            "需推送的，由主管部门说明理由后放行",
        )
    if facts.confirmed_on > CONFIRMED_UNTIL:
        return Clause(rule, "confirmed_too_late", "2024年12月31日后确认，仅在省平台展示")
    return None


PROFILE = Profile(
    name="jilin",
    title="吉林省",
    region="22",
    effective_on=NOTICE_ON,
    basis="吉建管〔2024〕17号",
    categories=frozenset({HOUSES, MUNICIPAL}) | INDUSTRIAL,
    refused_categories=DEPARTMENTAL,
    departments={"勘察": "设计", "设计": "设计", "施工": "建管", "监理": "质监"},
    push=may_push,
    workflows={
        Kind.SUPPLEMENT: Workflow(
            title="业绩补录",
            steps=(_FILE, _CONFIRM),
            on_opening=(*checks.COMMON_OPENING, checks.not_displayed),
            on_submission=(*checks.COMMON_SUBMISSION, checks.completed_or_permitted, checks.not_displayed),
            required_stages=frozenset({Stage.BASIC}),
        ),
        Kind.STAGE_SUPPLEMENT: Workflow(
            title="业绩环节补录",
            steps=(_FILE, _CONFIRM),
            on_opening=(*checks.COMMON_OPENING, checks.displayed),
            on_submission=(*checks.COMMON_SUBMISSION, checks.displayed, checks.only_missing),
        ),
        Kind.UPGRADE: Workflow(
            title="逐级确认",
            steps=(_FILE, Step(Action.REVIEW, Who.NEXT, needs_method=True)),
            on_opening=(checks.supplier, checks.in_region),
            on_submission=(checks.something_filed, checks.raised_step_by_step),
        ),
        Kind.ERRATUM: Workflow(
            title="勘误",
            steps=(
                _FILE,
                Step(Action.REVIEW, Who.COUNTY, needs_document=True),
                Step(Action.REVIEW, Who.CITY, needs_document=True),
                Step(Action.REVIEW, Who.PROVINCE, needs_document=True),
                Step(Action.EXECUTE, Who.SUPPORT),
            ),
            on_opening=(checks.supplier, checks.in_region),
            on_submission=(
                checks.something_filed,
                checks.erratum_on_existing,
                checks.completed_before(NOTICE_ON, "JL-23"),
            ),
        ),
    },
)
