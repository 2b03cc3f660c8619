"""Jiangsu: 勘察设计业绩入库相关问题解答, which gathers 苏建函建管〔2021〕412号 and others."""

from collections.abc import Iterable
from datetime import date

from registry.clauses import Clause
from registry.projects.fields import HOUSES, INDUSTRIAL, MUNICIPAL
from registry.projects.grades import is_houses_or_municipal
from registry.projects.models import Stage
from registry.publication.models import Target
from registry.workflows import checks
from registry.workflows.profile import Action, FilingFacts, Kind, Profile, PushFacts, Step, Who, Workflow

EFFECTIVE_ON = date(2023, 9, 15)
SCREENSHOT = "部平台信息截图"
DRAWINGS = "施工图中企业、人员主要图纸"
CERTIFICATE = "施工图审查合格书"
EXPERTS = "专家论证意见"
QUALITY = "甲方质量合格证明"
EVIDENCE = "佐证材料"

_FILE = Step(Action.FILE, Who.FIRM)
_CITY = Step(Action.REVIEW, Who.CITY, needs_method=True)


def may_push(facts: PushFacts) -> Clause | None:
    """Basic data and contract go out once there is a 施工许可证 (JS-01)."""
    if facts.kind is Kind.CONTRACT and not facts.has_permit:
        return Clause("JS-01", "permit_awaited", "办理施工许可后方推送部平台")
    return None


def houses_or_municipal(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """合同归集 and 补录 are for 房建市政 (JS-01, JS-02); everything else has a module of its own (JS-06)."""
    if not is_houses_or_municipal(facts.category):
        yield Clause("JS-06", "outside_trade", "勘察和非房建市政工程请在“行业外工程”模块录入")


def outside_trade(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """行业外工程 takes survey works and what is not 房建市政 (JS-06)."""
    if is_houses_or_municipal(facts.category) and facts.firm_kind != "勘察":
        yield Clause("JS-06", "not_outside_trade", "房建市政项目不在“行业外工程”模块录入")


def on_neither_platform(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """补录 is for what neither platform knows (JS-02)."""
    if facts.is_displayed or facts.on_national:
        yield Clause(
            "JS-02",
            "already_on_platform",
            "部平台或省平台已有项目信息",
            "请通过“工程项目信息勘误（完善）”办理",
        )


def port_is_closed(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Nothing is filled in before the province has opened the port (JS-02)."""
    if facts.stages:
        yield Clause("JS-02", "port_closed", "省厅开通补录端口前不能填报项目信息")


def reviewed_and_completed(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Drawings passed review and the works were accepted (JS-02); a survey may show other proof (JS-11)."""
    if facts.drawing_passed_on is None and not _survey_proof(facts):
        yield Clause(
            "JS-02",
            "drawing_review_missing",
            "项目未经施工图审查合格",
            "勘察业绩可提供专家论证意见或甲方质量合格证明",
        )
    if facts.completed_on is None:
        yield Clause("JS-02", "not_completed", "项目未通过竣工验收")


def _survey_proof(facts: FilingFacts) -> bool:
    """Either paper replaces the drawing review of a survey (JS-11)."""
    return facts.firm_kind == "勘察" and bool(facts.attachments & {EXPERTS, QUALITY})


def survey_proof(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """A survey without drawing review needs one of the two papers (JS-11)."""
    if facts.firm_kind == "勘察" and facts.drawing_passed_on is None and not _survey_proof(facts):
        yield Clause(
            "JS-11", "survey_proof_missing", "勘察业绩未经施工图审查的，须提供专家论证意见或甲方质量合格证明"
        )


def local_but_not_national(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """完善 is for what the province has and the nation lacks, wholly (JS-03) or in stages (JS-04)."""
    if not facts.is_displayed:
        yield Clause("JS-03", "not_on_provincial", "省平台没有项目信息", "请申请业绩补录")
    for stage in sorted(facts.stages & facts.on_national):
        yield Clause("JS-05", "already_on_national", f"部平台已有该环节（{stage}）", "信息有误请申请修正勘误")


def upgrade_papers(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Screenshots; drawings for the drawing review (JS-07), and the old certificate (JS-08)."""
    needed = [SCREENSHOT] if facts.stages & {Stage.DRAWING, Stage.INDICATORS} else []
    if Stage.DRAWING in facts.stages:
        needed.append(DRAWINGS)
    for kind in needed:
        if kind not in facts.attachments:
            yield Clause("JS-07", "attachment_missing", f"缺少附件：{kind}")
    before = facts.drawing_passed_on or facts.contract_signed_on
    is_old = before is not None and before < checks.DRAWING_CERTIFICATE_BEFORE
    if Stage.DRAWING in facts.stages and is_old and CERTIFICATE not in facts.attachments:
        yield Clause("JS-08", "attachment_missing", f"2016年前项目须提供{CERTIFICATE}")


def completed_project(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Only a completed project is corrected (JS-05)."""
    if facts.completed_on is None:
        yield Clause("JS-05", "not_completed", "已竣工的项目方可申请修正勘误")


_OPENING = (checks.supplier, checks.in_region)
PROFILE = Profile(
    name="jiangsu",
    title="江苏省",
    region="32",
    effective_on=EFFECTIVE_ON,
    basis="苏建函建管〔2021〕412号、苏建函建管〔2022〕352号、苏建函审批〔2023〕579号",
    categories=frozenset({HOUSES, MUNICIPAL, "勘察", "其他"}) | INDUSTRIAL,
    has_county_level=False,
    derives_basic=True,
    push=may_push,
    workflows={
        Kind.CONTRACT: Workflow(
            title="合同归集",
            steps=(_FILE, _CITY),
            on_opening=(*_OPENING, houses_or_municipal),
            on_submission=checks.COMMON_SUBMISSION,
            stages=frozenset({Stage.BASIC, Stage.CONTRACT, Stage.PERMIT}),
            required_stages=frozenset({Stage.BASIC, Stage.CONTRACT}),
        ),
        Kind.SUPPLEMENT: Workflow(
            title="业绩补录",
            # The firm asks with its evidence and fills in only once the port is open for it (JS-02).
            steps=(_FILE, _CITY, Step(Action.OPEN_PORT, Who.PROVINCE, needs_document=True), _FILE, _CITY),
            on_opening=(*_OPENING, houses_or_municipal, on_neither_platform),
            on_submission=(
                *checks.COMMON_SUBMISSION,
                on_neither_platform,
                reviewed_and_completed,
                checks.attachments(EVIDENCE, rule="JS-02"),
            ),
            on_request=(
                port_is_closed,
                on_neither_platform,
                reviewed_and_completed,
                checks.attachments(EVIDENCE, rule="JS-02"),
            ),
            required_stages=frozenset({Stage.BASIC, Stage.CONTRACT, Stage.DRAWING, Stage.COMPLETION}),
        ),
        Kind.COMPLETION: Workflow(
            title="工程项目信息勘误（完善）",
            steps=(_FILE, _CITY),
            on_opening=(*_OPENING, local_but_not_national),
            on_submission=(*checks.COMMON_SUBMISSION, local_but_not_national),
            stages=frozenset({Stage.BASIC, Stage.DRAWING, Stage.CONTRACT, Stage.PERSONAL}),
        ),
        Kind.INDICATOR_LIBRARY: Workflow(
            title="企业资质申报业绩指标库",
            steps=(_FILE, _CITY),
            on_opening=(*_OPENING, checks.displayed),
            on_submission=(*checks.COMMON_SUBMISSION, checks.displayed, checks.only_missing),
            stages=frozenset({Stage.INDICATORS, Stage.PERSONAL}),
            targets=(Target.PROVINCIAL, Target.NATIONAL, Target.GOVERNMENT),
        ),
        Kind.OUTSIDE_TRADE: Workflow(
            title="行业外工程",
            steps=(_FILE, _CITY),
            on_opening=(*_OPENING, checks.scope, outside_trade, on_neither_platform),
            on_submission=(*checks.COMMON_SUBMISSION, on_neither_platform, survey_proof),
            stages=frozenset({Stage.BASIC, Stage.INDICATORS, Stage.PERSONAL, Stage.CONTRACT}),
            required_stages=frozenset({Stage.BASIC, Stage.INDICATORS}),
        ),
        Kind.UPGRADE: Workflow(
            title="业绩升级",
            steps=(
                _FILE,
                Step(Action.REVIEW, Who.CITY, needs_document=True),
                Step(Action.REVIEW, Who.PROVINCE),
            ),
            on_opening=_OPENING,
            on_submission=(checks.something_filed, checks.raised_step_by_step, upgrade_papers),
            stages=frozenset(
                {Stage.DRAWING, Stage.INDICATORS, Stage.CONTRACT, Stage.PERMIT, Stage.COMPLETION}
            ),
        ),
        Kind.ERRATUM: Workflow(
            title="修正勘误",
            steps=(
                _FILE,
                Step(Action.REVIEW, Who.CITY, needs_document=True),
                Step(Action.REVIEW, Who.PROVINCE, needs_document=True),
                Step(Action.REVIEW, Who.MINISTRY, needs_document=True),
                Step(Action.EXECUTE, Who.SUPPORT),
            ),
            on_opening=_OPENING,
            on_submission=(
                checks.something_filed,
                checks.erratum_on_existing,
                completed_project,
                checks.attachments(EVIDENCE, rule="JS-05"),
            ),
        ),
    },
)
