"""What each document says. Pure: a context in, the blocks of the page out.

Order after GB/T 9704 and the practice of decisions: facts with evidence, legal basis, what is demanded or
decided, time limit, remedies. The words of law stay apart: 撤回, 失效, 撤销, 吊销 and 注销 are different ends
(行政许可法 69, 70), and a document never uses one for another.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from registry.clock import SHANGHAI
from verify_api.notices.contexts import (
    Context,
    Evidence,
    Findings,
    Item,
    LapseContext,
    ProposalContext,
    RecommendationContext,
    RectificationContext,
    RevocationContext,
    ServiceReceiptContext,
    chinese_date,
)
from verify_api.notices.document import Block, Form, Heading, Office, Paragraph, Points, Table
from verify_api.notices.models import ServiceMethod

DECREE = "《建筑业企业资质管理规定》（住房和城乡建设部令第22号）"
GUIDE = "《建筑业企业资质核查平台操作细则》"
DECREE_28_TEXT = (
    f"{DECREE}第二十八条规定：企业不再符合相应建筑业企业资质标准要求条件的，应当责令其限期改正并向社会公告，"
    "整改期限最长不超过3个月；企业整改期间不得申请建筑业企业资质的升级、增项，不能承揽新的工程；"
    "逾期仍未达到建筑业企业资质标准要求条件的，资质许可机关可以撤回其建筑业企业资质证书。"
)
DIGEST_SHOWN = 16

METHODS = {
    ServiceMethod.SMS_RECEIPT: "电子送达（短信，以运营商回执为准）",
    ServiceMethod.IN_PERSON: "直接送达",
    ServiceMethod.LEFT: "留置送达",
    ServiceMethod.MAIL: "邮寄送达",
    ServiceMethod.ENTRUSTED: "委托送达",
    ServiceMethod.ANNOUNCEMENT: "公告送达",
    ServiceMethod.ELECTRONIC: "电子送达（受送达人确认）",
}


@dataclass(frozen=True, slots=True)
class Remedies:
    """行政复议法 20, 行政诉讼法 46. Leaving them out would lengthen the limit to a year."""

    reconsideration_days: int
    litigation_months: int


@dataclass(frozen=True, slots=True)
class Wording:
    """Addressee and body of a document."""

    addressee: str
    blocks: tuple[Block, ...]


def compose(context: Context, *, office: Office, remedies: Remedies) -> Wording:
    """The wording for a context of any kind."""
    match context:
        case RectificationContext():
            return Wording(_enterprise(context), _rectification(context, office, remedies))
        case RevocationContext():
            return Wording(_enterprise(context), _revocation(context, office, remedies))
        case LapseContext():
            return Wording(_enterprise(context), _lapse(context, office, remedies))
        case ProposalContext():
            return Wording(_enterprise(context), _proposal(context, office))
        case RecommendationContext():
            return Wording(f"{context.authority_name}：", _recommendation(context, office))
        case ServiceReceiptContext():
            return Wording("", (_receipt(context),))
    raise TypeError(f"no wording for {type(context).__name__}")


def _rectification(c: RectificationContext, office: Office, remedies: Remedies) -> tuple[Block, ...]:
    term = f"{c.report_months}个月内" if c.report_days is None else f"{c.report_days}日内"
    demands = (
        f"自本通知书送达之日起{term}，登录“{office.platform}”，在“整改回复”模块提交整改报告，"
        "并重新申报打卡人员名单。",
        f"重新申报的打卡人员经审核通过后，全部人员应在{c.checkin_months}个月内到企业注册地址完成打卡。",
        f"上述整改（含重新打卡）应自本通知书送达之日起{c.cap_months}个月内全部完成。"
        "报告和打卡期限的最后一日为法定休假日的，以休假日结束的次日为最后一日；整改期限上限不因此延长。",
        *c.opinions,
    )
    return (
        *_identity(c),
        Paragraph(
            text=f"我局依法对你单位开展建筑业企业资质动态核查（核查编号：{c.case_reference}）。"
            "经核查，现通知如下："
        ),
        *_found(c),
        Heading(text="二、整改依据"),
        Paragraph(text=DECREE_28_TEXT),
        Paragraph(text=f"{GUIDE}规定：打卡不合格或未在规定期限内完成打卡的，发放《责令整改通知书》。"),
        Heading(text="三、整改要求和期限"),
        Points(texts=demands),
        Heading(text="四、整改期间的限制"),
        Paragraph(
            text="整改期间，你单位不得申请建筑业企业资质的升级、增项，不能承揽新的工程；上述情况依法标注并向社会公告。"
        ),
        Heading(text="五、逾期后果"),
        Paragraph(
            text=f"逾期未按要求完成整改的，我局拟依据上述规定撤回下列资质：{_names(c.items)}。"
            "你单位对上述事实、理由、依据和拟作出的处理有权陈述、申辩，也可以要求听证，"
            f"请在整改期限届满前登录“{office.platform}”或者以书面形式提出；逾期未提出的，视为放弃上述权利。"
        ),
        Heading(text="六、救济途径"),
        Paragraph(text=_remedies(office, remedies, "本通知")),
    )


def _revocation(c: RevocationContext, office: Office, remedies: Remedies) -> tuple[Block, ...]:
    told = c.proposal_reference or "上述通知书"
    heard = f"我局于作出决定前以{told}告知你单位拟撤回的事实、理由、依据和陈述、申辩的权利。"
    return (
        *_identity(c),
        Paragraph(
            text=f"我局于{chinese_date(c.rectification_served_on)}向你单位送达《责令整改通知书》"
            f"（{c.rectification_reference}），整改期限至{chinese_date(c.rectification_ended_on)}届满，"
            f"你单位仍未达到要求（核查编号：{c.case_reference}）。{heard}现决定如下："
        ),
        *_found(c),
        *([Paragraph(text=f"陈述申辩及复核情况：{c.defence}")] if c.defence else []),
        Heading(text="二、决定依据"),
        Paragraph(text=DECREE_28_TEXT),
        Paragraph(text=f"{GUIDE}规定：整改中有打卡人员在规定期限未完成打卡的，依法撤回相应资质。"),
        Heading(text="三、决定内容"),
        Paragraph(text="撤回你单位下列建筑业企业资质，自本决定书送达之日起生效；未列明的其他资质不受影响："),
        _items(c.items),
        Paragraph(
            text="撤回系因你单位不再符合资质标准要求的条件，不属于撤销或者吊销。资质撤回后，依照《中华人民共和国行政许可法》第七十条的规定另行办理注销手续。"
        ),
        Heading(text="四、救济途径"),
        Paragraph(text=_remedies(office, remedies, "本决定")),
    )


def _lapse(c: LapseContext, office: Office, remedies: Remedies) -> tuple[Block, ...]:
    return (
        *_identity(c),
        Paragraph(
            text=f"你单位以告知承诺方式首次取得建筑业企业资质，我局依法开展资质动态核查"
            f"（核查编号：{c.case_reference}）。现将核查结果告知如下："
        ),
        *_found(c),
        Heading(text="二、告知依据"),
        Paragraph(
            text=f"{GUIDE}规定：企业未在规定时间内申请打卡，或者打卡人员在规定期限未完成打卡的，"
            "企业资质证书到期后将自动失效。《中华人民共和国行政许可法》第七十条规定：行政许可有效期届满未延续的，"
            "行政机关应当依法办理有关行政许可的注销手续。"
        ),
        Heading(text="三、告知事项"),
        Paragraph(text=f"你单位下列资质有效期至{chinese_date(c.expires_on)}，有效期届满后自动失效："),
        _items(c.items),
        Paragraph(text="资质因有效期届满而失效，不属于撤回、撤销或者吊销。有效期届满前，上述资质仍然有效。"),
        Heading(text="四、救济途径"),
        Paragraph(text=_remedies(office, remedies, "本告知")),
    )


def _proposal(c: ProposalContext, office: Office) -> tuple[Block, ...]:
    return (
        *_identity(c),
        Paragraph(
            text=f"我局于{chinese_date(c.rectification_served_on)}向你单位送达《责令整改通知书》"
            f"（{c.rectification_reference}），整改期限至{chinese_date(c.rectification_ended_on)}届满，"
            f"你单位仍未达到要求（核查编号：{c.case_reference}）。我局拟作出撤回资质的决定，现告知如下："
        ),
        *_found(c),
        Heading(text="二、拟作决定的依据"),
        Paragraph(text=DECREE_28_TEXT),
        Heading(text="三、拟作决定的内容"),
        Paragraph(text="拟撤回你单位下列建筑业企业资质："),
        _items(c.items),
        Heading(text="四、陈述申辩的权利"),
        Paragraph(
            text=f"你单位有权陈述、申辩，也可以要求听证。请自收到本告知书之日起{c.defence_working_days}个工作日内"
            f"登录“{office.platform}”或者以书面形式提出；逾期未提出的，视为放弃上述权利。"
            f"我局不因你单位陈述、申辩而作出对你单位更为不利的决定。联系电话：{office.phone}。"
        ),
    )


def _recommendation(c: RecommendationContext, office: Office) -> tuple[Block, ...]:
    return (
        Paragraph(
            text=f"{c.enterprise_name}持有的下列建筑业企业资质由贵单位许可。"
            f"我局依法对该企业开展资质动态核查（核查编号：{c.case_reference}），"
            f"并发出《责令整改通知书》（{c.rectification_reference}），"
            f"整改期限至{chinese_date(c.rectification_ended_on)}届满，该企业仍未达到要求。现将有关情况函告贵单位："
        ),
        *_identity(c),
        *_found(c),
        Heading(text="二、有关依据"),
        Paragraph(text=DECREE_28_TEXT),
        Heading(text="三、建议"),
        Paragraph(text="建议贵单位作为资质许可机关，对下列资质依法作出处理，并将处理结果函告我局："),
        _items(c.items),
        Paragraph(text=f"联系电话：{office.phone}。"),
    )


def _receipt(c: ServiceReceiptContext) -> Form:
    at = c.served_at.astimezone(SHANGHAI)
    served_at = f"{chinese_date(at)} {at:%H:%M:%S}" if c.has_time else chinese_date(at)
    rows = [
        ("送达文书", f"《{c.served_title}》（{c.served_reference}）"),
        ("受送达人", f"{c.enterprise_name}\n统一社会信用代码：{c.uscc}"),
        ("送达方式", METHODS[c.method]),
        ("送达地点", c.place),
        ("送达时间", served_at),
        ("送达人", "、".join(c.servers)),
        ("收件人及签收", c.recipient),
        ("送达凭证", _digest(c.proof_sha256) if c.proof_sha256 else "见案卷"),
        ("备注", c.note or "无"),
    ]
    return Form(rows=tuple(rows))


def _digest(sha256: str) -> str:
    """In two lines, which no column is too narrow for."""
    return f"文件摘要（SHA-256）\n{sha256[:32]}\n{sha256[32:]}"


def _found(c: Findings) -> tuple[Block, ...]:
    blocks: list[Block] = [Heading(text="一、核查事实")]
    blocks.append(Points(texts=c.facts) if len(c.facts) > 1 else Paragraph(text=c.facts[0]))
    if c.evidence:
        blocks += [Paragraph(text="以上事实有下列证据证实："), _evidence(c.evidence)]
    return tuple(blocks)


def _evidence(evidence: Iterable[Evidence]) -> Table:
    rows = tuple(
        (
            str(number),
            item.label,
            item.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if item.at else "—",
            item.detail + (f"\n摘要 {item.sha256[:DIGEST_SHOWN]}" if item.sha256 else ""),
        )
        for number, item in enumerate(evidence, start=1)
    )
    return Table(columns=("序号", "证据", "时间", "内容"), widths=(0.09, 0.24, 0.24, 0.43), rows=rows)


def _items(items: Iterable[Item]) -> Table:
    rows = tuple((str(n), item.name, item.certificate_number) for n, item in enumerate(items, start=1))
    return Table(columns=("序号", "资质", "证书编号"), widths=(0.12, 0.54, 0.34), rows=rows)


def _remedies(office: Office, remedies: Remedies, act: str) -> str:
    return (
        f"如不服{act}，可以自收到之日起{remedies.reconsideration_days}日内向{office.reconsideration_body}"
        f"申请行政复议，也可以自收到之日起{remedies.litigation_months}个月内依法向{office.court}提起行政诉讼。"
        f"复议、诉讼期间，除法律另有规定外，不停止执行。联系电话：{office.phone}。"
    )


def _enterprise(c: Findings) -> str:
    return f"{c.enterprise_name}："


def _identity(c: Findings) -> tuple[Paragraph, Paragraph]:
    """Lines of their own: a code of eighteen letters inside justified text would tear its line apart."""
    return Paragraph(text=f"统一社会信用代码：{c.uscc}"), Paragraph(text=f"注册地址：{c.registered_address}")


def _names(items: Iterable[Item]) -> str:
    return "、".join(item.name for item in items)
