"""What a document is about: the facts a case hands over, checked and frozen. One model per kind.

Texts are plain: whatever a person wrote is printed as written, never read as mark-up, and characters that
cannot be set are replaced visibly, so that no spelling of a name can keep a document from being made.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from verify_api.notices.drawing import check_drawing
from verify_api.notices.glyphs import printable
from verify_api.notices.models import NoticeKind, ServiceMethod

MAX_SKETCH = 400_000  # characters


def _line(text: str) -> str:
    return printable(text.replace("\n", " ")).strip()


def _text(text: str) -> str:
    return printable(text.replace("\r\n", "\n")).strip()


def _clean(how: Callable[[str], str]) -> Callable[[object], object]:
    return lambda given: how(given) if isinstance(given, str) else given


Line = Annotated[str, BeforeValidator(_clean(_line)), StringConstraints(min_length=1, max_length=500)]
Text = Annotated[str, BeforeValidator(_clean(_text)), StringConstraints(min_length=1, max_length=4000)]
Sketch = Annotated[str, StringConstraints(max_length=MAX_SKETCH), AfterValidator(check_drawing)]
Lines = Annotated[tuple[Text, ...], Field(min_length=1, max_length=500)]


class Context(BaseModel):
    """Base: unknown fields are refused, so that no fact is silently left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Context):
    """A 资质项 the document speaks of."""

    name: Line  # 建筑工程施工总承包三级
    certificate_number: Line


class Evidence(Context):
    """One line of the evidence list. `sha256` names a stored file."""

    label: Line
    detail: Text
    at: AwareDatetime | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class Findings(Context):
    """Whom it concerns, what was found and on which evidence."""

    enterprise_name: Line
    uscc: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
    registered_address: Line
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=200)]
    case_reference: Line
    facts: Lines
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=2000)] = ()
    sketch_svg: Sketch | None = None
    sketch_caption: Line = "打卡地点与定位示意图"


class RectificationContext(Findings):
    """责令整改通知书. The periods run from service, so they are lengths, not dates (22号令 28)."""

    report_months: Annotated[int, Field(ge=1, le=3)]
    checkin_months: Annotated[int, Field(ge=1, le=3)]
    cap_months: Annotated[int, Field(ge=1, le=3)]
    report_days: Annotated[int, Field(ge=1, le=92)] | None = None  # set by the officer in place of the months
    opinions: tuple[Text, ...] = ()  # further 整改意见 of the officer


class RevocationContext(Findings):
    """撤回决定书."""

    rectification_reference: Line
    rectification_served_on: date
    rectification_ended_on: date
    proposal_reference: Line | None = None
    defence: Text | None = None  # what the firm put forward and how it was judged, in mode `decision`


class LapseContext(Findings):
    """资质到期失效告知书 (FIRST track: no rectification, no 撤回; SZ-30d)."""

    expires_on: date


class ProposalContext(Findings):
    """撤回告知书: before a decision, with the right to be heard."""

    rectification_reference: Line
    rectification_served_on: date
    rectification_ended_on: date
    defence_working_days: Annotated[int, Field(ge=3, le=30)]


class RecommendationContext(Findings):
    """建议书 to the licensing authority where that is not this office (SZ-37)."""

    authority_name: Line
    rectification_reference: Line
    rectification_ended_on: date


class ServiceReceiptContext(Context):
    """送达回证: proof of how and when a document was served."""

    enterprise_name: Line
    uscc: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
    served_title: Line
    served_reference: Line
    method: ServiceMethod
    place: Line
    served_at: AwareDatetime
    has_time: bool = True  # False where only the day is known
    servers: Annotated[tuple[Line, ...], Field(min_length=1, max_length=3)]
    recipient: Line
    note: Text | None = None
    proof_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


CONTEXTS: dict[NoticeKind, type[Context]] = {
    NoticeKind.RECTIFICATION: RectificationContext,
    NoticeKind.REVOCATION: RevocationContext,
    NoticeKind.LAPSE: LapseContext,
    NoticeKind.PROPOSAL: ProposalContext,
    NoticeKind.RECOMMENDATION: RecommendationContext,
    NoticeKind.SERVICE_RECEIPT: ServiceReceiptContext,
}


def chinese_date(day: date | datetime) -> str:
    """2026年4月2日 (GB/T 9704—2012 7.3.5.4: Arabic figures, no leading zeros)."""
    return f"{day.year}年{day.month}月{day.day}日"
