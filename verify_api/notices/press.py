"""From documents to pages: Typst, PDF/A-2b, fonts from a wheel. Same documents, same bytes."""

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from functools import cache
from importlib import resources

import typst
import zxingcpp
from pikepdf import Pdf, PdfError
from pylopdf_fonts_zh_cn import serif_path

from registry.errors import Unavailable
from verify_api.notices.cutting import Properties, as_bytes, cut
from verify_api.notices.document import TEMPLATE, Document

MAIN = f"""
#import "{TEMPLATE}.typ": notice, specimen
#let run = json("run.json")
#specimen(run.characters)
#for (n, document) in run.documents.enumerate() {{ notice(document, run.mark, str(n) + ".svg", n + 1) }}
""".encode()
FAMILIES = {"Noto Serif SC", "Noto Sans SC"}
_local = threading.local()  # A Typst compiler serves one thread at a time.


class NotSet(Unavailable):
    """The page could not be set; nothing was issued in its place."""

    code = "notice_not_set"
    message = "文书排版失败，请联系系统管理员"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is printed across every page of a document that is no longer in force."""

    text: str = ""
    note: str = ""


def set_page(document: Document, *, mark: Mark = Mark()) -> bytes:
    """The document as PDF/A-2b with embedded fonts.

    Raises:
        NotSet: Unknown template, or content that the template cannot show.
    """
    return as_bytes(set_pages([document], mark=mark)[0])


def set_pages(documents: Sequence[Document], *, mark: Mark = Mark()) -> list[Pdf]:
    """Several documents in one run, which costs a third of as many runs. All are set, or none is.

    They share the characters of the embedded fonts, in the order of the code points: a file shows which
    characters occur in the run, and not where.

    Raises:
        NotSet: As `set_page`, for any of them.
    """
    files = {
        "main.typ": MAIN,
        f"{TEMPLATE}.typ": _template(frozenset(document.template for document in documents)),
        "run.json": _run_data(documents, mark),
    }
    files |= {f"{n}.svg": qr_svg(document.verify_url) for n, document in enumerate(documents)}
    try:
        run, warnings = _compiler().compile_with_warnings(  # type: ignore[type-var]
            files,  # "main.typ" is the page; the type stub of the wheel does not know it yet.
            format="pdf",
            pdf_standards="a-2b",
            timestamp=_made_at(documents[0]),
        )
    except typst.TypstError as error:
        raise NotSet(f"文书排版失败：{error.message}") from error
    if warnings or not isinstance(run, bytes):
        # A missing font or glyph is only a warning there, and leaves a page without its text.
        raise NotSet(f"文书排版失败：{'；'.join(item.message for item in warnings)}")
    try:
        return cut(run, [_properties(document) for document in documents])
    except (ValueError, AttributeError, KeyError, PdfError) as error:  # Laid out as no run ever was.
        raise NotSet("文书排版失败：排出的文件不完整") from error


def qr_svg(url: str) -> bytes:
    """The QR code of a link, error correction M, without its quiet zone (the page leaves one)."""
    code = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(code.to_svg(add_quiet_zones=False)).encode()


def _run_data(documents: Sequence[Document], mark: Mark) -> bytes:
    data = "[" + ",".join(document.model_dump_json() for document in documents) + "]"
    characters = "".join(sorted(char for char in set(data) if not char.isascii()))
    head = json.dumps({"mark": asdict(mark), "characters": characters}, ensure_ascii=False)
    return f'{head[:-1]}, "documents": {data}}}'.encode()


def _properties(document: Document) -> Properties:
    return Properties(
        title=f"{document.title} {document.reference}",
        author=document.office.name,
        made_at=_made_at(document),
        code=document.code,
    )


def _made_at(document: Document) -> datetime:
    return datetime.combine(document.issued_on, time.min, tzinfo=UTC)


@cache
def _template(names: frozenset[str]) -> bytes:
    unknown = names - {TEMPLATE}
    if unknown:
        raise NotSet(f"没有名为 {'、'.join(sorted(unknown))} 的文书模板")
    return resources.files("verify_api.notices").joinpath(f"{TEMPLATE}.typ").read_bytes()


def _compiler() -> typst.Compiler:
    found: typst.Compiler | None = getattr(_local, "compiler", None)
    if found is None:
        found = _local.compiler = typst.Compiler(font_paths=_fonts())
    return found


@cache
def _fonts() -> typst.Fonts:
    """The two typefaces and no others: a page must not look different on another machine."""
    # Typst's helper threads wait by spinning. A page is too short for them, and processes share the cores.
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[serif_path().parent]
    )
    if not set(fonts.families()) >= FAMILIES:
        raise NotSet("缺少文书字体")
    return fonts
