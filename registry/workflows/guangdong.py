"""Guangdong with Shenzhen: no text of its own is at hand, so the national ladder with our defaults.

区局 confirms C, 市局 B, 省厅 A (JL-15). No deemed approval (SZ-26).
"""

from datetime import date

from registry.projects.fields import DEPARTMENTAL, HOUSES, INDUSTRIAL, MUNICIPAL
from registry.projects.models import Stage
from registry.workflows import checks
from registry.workflows.profile import Action, Kind, Profile, Step, Who, Workflow

_FILE = Step(Action.FILE, Who.FIRM)
_CONFIRM = Step(Action.REVIEW, Who.LOCATION, needs_method=True)

PROFILE = Profile(
    name="guangdong",
    title="广东省",
    region="44",
    effective_on=date(2024, 1, 1),
    basis="建市规〔2023〕3号、建办市函〔2023〕391号",
    categories=frozenset({HOUSES, MUNICIPAL, "勘察", "其他"}) | INDUSTRIAL,
    refused_categories=DEPARTMENTAL,
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
            on_submission=(checks.something_filed, checks.erratum_on_existing),
        ),
    },
)
