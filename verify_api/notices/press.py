"""From a document to a page: Typst, PDF/A-2b, fonts from a wheel. Same document, same bytes."""

import io
import json
import os
import threading
from datetime import UTC, datetime, time
from functools import cache
from importlib import resources

import segno
import typst
from pylopdf_fonts_zh_cn import serif_path

from registry.errors import Unavailable
from verify_api.notices.document import TEMPLATE, Document

QR_MASK = 2
FAMILIES = {"Noto Serif SC", "Noto Sans SC"}
_local = threading.local()  # A Typst compiler serves one thread at a time.


class NotSet(Unavailable):
    """The page could not be set; nothing was issued in its place."""

    code = "notice_not_set"
    message = "文书排版失败，请联系系统管理员"


def set_page(document: Document, *, mark: str = "", mark_note: str = "") -> bytes:
    """The document as PDF/A-2b with embedded fonts; `mark` is printed across every page.

    Raises:
        NotSet: Unknown template, or content that the template cannot show.
    """
    files = {
        "main.typ": _template(document.template),
        "document.json": document.model_dump_json().encode(),
        "mark.json": json.dumps({"text": mark, "note": mark_note}).encode(),
        "qr.svg": qr_svg(document.verify_url),
    }
    try:
        page, warnings = _compiler().compile_with_warnings(  # type: ignore[type-var]
            files,  # "main.typ" is the page; the type stub of the wheel does not know it yet.
            format="pdf",
            pdf_standards="a-2b",
            timestamp=datetime.combine(document.issued_on, time.min, tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise NotSet(f"文书排版失败：{error.message}") from error
    if warnings or not isinstance(page, bytes):
        # A missing font or glyph is only a warning there, and leaves a page without its text.
        raise NotSet(f"文书排版失败：{'；'.join(item.message for item in warnings)}")
    return page


def qr_svg(url: str) -> bytes:
    """The QR code of a link, error correction M, without its quiet zone (the page leaves one).

    The mask is given: any is valid, and weighing all eight takes most of the time.
    """
    out = io.BytesIO()
    segno.make_qr(url, error="m", mask=QR_MASK).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue()


@cache
def _template(name: str) -> bytes:
    if name != TEMPLATE:
        raise NotSet(f"没有名为 {name} 的文书模板")
    return resources.files("verify_api.notices").joinpath(f"{name}.typ").read_bytes()


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
