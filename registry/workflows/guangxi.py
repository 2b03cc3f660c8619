"""Guangxi: 桂建设〔2017〕29号, 2017-11-20. The only profile with deemed approval (GX-10)."""

from collections.abc import Iterable
from datetime import date

from registry.clauses import Clause
from registry.projects.fields import HOUSES, INDUSTRIAL, MUNICIPAL
from registry.projects.models import Stage
from registry.workflows import checks
from registry.workflows.profile import Action, FilingFacts, Kind, Profile, PushFacts, Step, Who, Workflow

NOTICE_ON = date(2017, 11, 20)
OPENS_FOR = {"设计": NOTICE_ON, "勘察": date(2017, 11, 22)}
NATIONAL_UNTIL = date(2017, 12, 25)
PORT_UNTIL = date(2018, 6, 30)
REVIEW_WORKDAYS = 3
AWARD, CONTRACT_PAPER, ACCEPTANCE = "中标通知书", "中标工程合同", "竣工验收证明"
WRITTEN_APPLICATION = "书面申请"

WHOLE_PROCESS = frozenset(
    {Stage.BASIC, Stage.DRAWING, Stage.TENDER, Stage.CONTRACT, Stage.PERMIT, Stage.COMPLETION}
)


def may_push(facts: PushFacts) -> Clause | None:
    """History filed after 2017-12-25 stays in the regional platform (GX-02, GX-03)."""
    if facts.kind is Kind.ROUTINE or facts.is_on_national or facts.filed_on <= NATIONAL_UNTIL:
        return None
    return Clause(
        "GX-02", "after_national_cutoff", "2017年12月25日后补录的业绩仅录入一体化平台，不能同步到全国平台"
    )


def window(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """From the opening day of the firm's kind until the port closes (GX-03, GX-14)."""
    opens = OPENS_FOR.get(facts.firm_kind)
    if opens is None:
        yield Clause("GX-14", "firm_kind_may_not_file", "本次补录范围为工程勘察设计企业")
    elif facts.today < opens:
        yield Clause("GX-14", "not_open_yet", f"{facts.firm_kind}企业自{opens.isoformat()}起可补录")
    elif facts.today > PORT_UNTIL:
        yield Clause("GX-03", "port_closed", "历史业绩补录端口已于2018年6月30日关闭")


def abroad(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Works abroad are not taken in (GX-04)."""
    if not facts.location_code or facts.location_code.startswith("9"):
        yield Clause("GX-04", "abroad", "境外工程暂不进行业绩补录")


def history(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Accepted before the notice was issued (GX-04)."""
    if facts.completed_on is None or facts.completed_on >= NOTICE_ON:
        yield Clause("GX-04", "not_history", "仅补录通知印发之日前已竣工验收的项目")


def after_notice(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """What was accepted later is filed as it comes."""
    if facts.completed_on is None or facts.completed_on < NOTICE_ON:
        yield Clause("GX-04", "is_history", "通知印发前竣工的项目属于历史业绩，请通过历史业绩补录办理")


def papers(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Award, contract and acceptance; a direct award has no notice of award but its reason (GX-06)."""
    needed = (CONTRACT_PAPER, ACCEPTANCE) if facts.is_direct_award else (AWARD, CONTRACT_PAPER, ACCEPTANCE)
    for kind in needed:
        if kind not in facts.attachments:
            yield Clause("GX-06", "attachment_missing", f"缺少附件：{kind}")


def not_displayed(facts: FilingFacts, _profile: Profile) -> Iterable[Clause]:
    """Once processed the firm cannot change it (GX-08)."""
    if facts.is_displayed:
        yield Clause("GX-08", "already_processed", "项目信息已审核入库，企业不能修改")


_FILE = Step(Action.FILE, Who.FIRM)
_CITY = Step(Action.REVIEW, Who.CITY)
_OPENING = (checks.device_key, abroad, checks.in_region, checks.scope, not_displayed)
_SUBMISSION = (*checks.COMMON_SUBMISSION, papers, not_displayed)
PROFILE = Profile(
    name="guangxi",
    title="广西壮族自治区",
    region="45",
    effective_on=NOTICE_ON,
    basis="桂建设〔2017〕29号",
    firm_kinds=frozenset({"勘察", "设计"}),
    categories=frozenset({HOUSES, MUNICIPAL, "勘察", "其他"}) | INDUSTRIAL,
    has_county_level=False,
    review_workdays=REVIEW_WORKDAYS,
    is_deemed_approved=True,
    push=may_push,
    workflows={
        Kind.SUPPLEMENT: Workflow(
            title="已竣工历史业绩补录",
            steps=(_FILE, _CITY),
            on_opening=(window, *_OPENING),
            on_submission=(window, history, *_SUBMISSION),
            required_stages=WHOLE_PROCESS,
        ),
        Kind.ROUTINE: Workflow(
            title="新竣工项目申报",
            steps=(_FILE, _CITY),
            on_opening=(checks.supplier, *_OPENING),
            on_submission=(after_notice, *_SUBMISSION),
            required_stages=WHOLE_PROCESS,
        ),
        Kind.DIRECT_REVIEW: Workflow(
            title="自治区厅直接审核",
            steps=(_FILE, Step(Action.REVIEW, Who.PROVINCE)),
            on_opening=(window, *_OPENING, checks.reasoned("GX-11")),
            # The builder is gone, so the whole process cannot be told; what can be told still must be.
            on_submission=(
                window,
                history,
                *checks.COMMON_SUBMISSION,
                not_displayed,
                checks.reasoned("GX-11"),
                checks.attachments(WRITTEN_APPLICATION, CONTRACT_PAPER, ACCEPTANCE, rule="GX-11"),
            ),
            required_stages=frozenset({Stage.BASIC, Stage.CONTRACT, Stage.COMPLETION}),
            has_time_limit=False,  # GX-09 and GX-10 bind the authority of the place, not the department.
        ),
    },
    departments={"勘察": "设计", "设计": "设计"},
)
