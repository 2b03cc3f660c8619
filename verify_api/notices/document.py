"""A document as it is set: everything the page shows and nothing else. Frozen in the row as JSON."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TEMPLATE = "gbt9704-1"


class Frozen(BaseModel):
    """Base: the JSON in a row is exactly this."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Office(Frozen):
    """Who issues. From the settings of the installation; frozen into each document."""

    name: str = "深圳市住房和建设局"
    phone: str = "0755-83788725"
    platform: str = "建筑业企业资质核查平台"
    public_url: str = "http://127.0.0.1:8000"
    reconsideration_body: str = "深圳市人民政府"
    court: str = "有管辖权的人民法院"
    # A demonstration prints on every page that it has no legal effect: the office named is a real one.
    is_demonstration: bool = False


class Paragraph(Frozen):
    """Running text, first line indented."""

    type: Literal["paragraph"] = "paragraph"
    text: str


class Heading(Frozen):
    """一、… in 黑体."""

    type: Literal["heading"] = "heading"
    text: str


class Points(Frozen):
    """（一）…（二）…, each a paragraph."""

    type: Literal["points"] = "points"
    texts: tuple[str, ...]


class Table(Frozen):
    """A ruled table; `widths` are shares of the text width."""

    type: Literal["table"] = "table"
    columns: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


class Form(Frozen):
    """A two-column form (送达回证)."""

    type: Literal["form"] = "form"
    rows: tuple[tuple[str, str], ...]


Block = Annotated[Paragraph | Heading | Points | Table | Form, Field(discriminator="type")]


class Figure(Frozen):
    """A drawing on a page of its own."""

    caption: str
    svg: str


class Document(Frozen):
    """One page set, template named: an old document is always set with the template it was made for."""

    template: str = TEMPLATE
    title: str
    letters: str
    number: int
    reference: str
    code: str
    verify_url: str
    office: Office
    addressee: str
    blocks: tuple[Block, ...]
    figure: Figure | None = None
    issued_on: date
    copies_to: tuple[str, ...] = ()
    has_red_head: bool = True
