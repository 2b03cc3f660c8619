"""The file of enterprises to be verified: CSV or XLSX, one enterprise a row. No database.

Columns, in any order, by their Chinese or English name: 统一社会信用代码 (uscc), 核查原因 (reason; several
with 、 between), 说明 (note), 资质项 (items; optional, several with 、 between; empty means all). A row that
cannot be used is kept with its reason and does not hold up the others.
"""

import csv
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from registry.crypto import canonical
from registry.errors import Invalid
from registry.identifiers import BadUscc, normal_uscc
from verify_api.cases.openings import REASON_LABELS, StockReason

COLUMNS = {
    "统一社会信用代码": "uscc",
    "uscc": "uscc",
    "核查原因": "reasons",
    "reason": "reasons",
    "reasons": "reasons",
    "说明": "note",
    "note": "note",
    "资质项": "items",
    "items": "items",
}
NEEDED = ("统一社会信用代码", "核查原因", "说明")
MAX_ROWS = 5000
MAX_BYTES = 10 * 1024 * 1024
# What a workbook of that many rows may unpack to; a small file that unpacks to gigabytes is an attack.
MAX_UNPACKED = 100 * 1024 * 1024
# A sheet ends there; a file may claim otherwise, and may claim content in its last cell alone.
MAX_COLUMNS, LAST_LINE = 100, 1_048_576
MAX_NOTE = 1000
_SEPARATORS = re.compile(r"[、,，;；\n]+")
_REASONS = {label: code for code, label in REASON_LABELS.items()} | {code.value: code for code in StockReason}
XLSX_MAGIC = b"PK\x03\x04"
# What reading a damaged, locked or made-up workbook raises; RuntimeError says "needs a password" and, as
# NotImplementedError, "packed in an unknown way".
UNOPENABLE = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    RuntimeError,
)


class BatchUnreadable(Invalid):
    """The file as a whole cannot be used; nothing of it was taken."""

    code = "batch_unreadable"
    hint = "请使用模板填写，保存为 XLSX 或 CSV"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row as given. `code` and `message` say why it cannot be used; both empty if it can."""

    line: int
    given: dict[str, object]
    digest: str
    code: str = ""
    message: str = ""


def read(data: bytes) -> list[FileRow]:
    """The rows of a file, in its order.

    Raises:
        BatchUnreadable: Not a table we know, too large, or without a usable row.
    """
    if len(data) > MAX_BYTES:
        raise BatchUnreadable("文件超过 10 MB", code="file_too_large")
    lines = _workbook(data) if data.startswith(XLSX_MAGIC) else _csv(data)
    head = next(lines, (0, ()))[1]
    places = _places(head)
    rows: list[FileRow] = []
    seen: dict[str, int] = {}
    for line, cells in lines:
        if any(cells):
            rows.append(_row(line, {name: cells[at] for name, at in places.items() if at < len(cells)}, seen))
        if len(rows) > MAX_ROWS:
            raise BatchUnreadable(f"一个文件最多 {MAX_ROWS} 行", code="batch_too_long")
    if not rows:
        raise BatchUnreadable("文件中没有数据行", code="batch_empty")
    return rows


def row_of(line: int, *, uscc: str, reasons: Sequence[StockReason], note: str) -> FileRow:
    """A row that comes from no file (a draw)."""
    given: dict[str, object] = {
        "uscc": uscc,
        "reasons": [reason.value for reason in reasons],
        "note": note,
        "items": [],
    }
    return FileRow(line, given, _digest(given))


def _row(line: int, cells: dict[str, str], seen: dict[str, int]) -> FileRow:
    reasons, unknown = _reasons(cells.get("reasons", ""))
    given: dict[str, object] = {
        "uscc": cells.get("uscc", "").upper(),
        "reasons": [reason.value for reason in reasons],
        "note": cells.get("note", ""),
        "items": _split(cells.get("items", "")),
    }
    problem = _problem(given, reasons, unknown)
    digest = _digest(given)
    if problem is None and digest in seen:
        problem = ("duplicate_row", f"与第 {seen[digest]} 行重复")
    seen.setdefault(digest, line)
    return FileRow(line, given, digest, *(problem or ("", "")))


def _problem(
    given: dict[str, object], reasons: Sequence[StockReason], unknown: Sequence[str]
) -> tuple[str, str] | None:
    note = str(given["note"])
    try:
        normal_uscc(str(given["uscc"]))
    except BadUscc as error:
        return error.code, f"{error.message}：{given['uscc']}"
    if unknown:
        return "reason_unknown", f"无法识别的核查原因：{'、'.join(unknown)}"
    if not reasons:
        return "reason_missing", "未填写核查原因"
    if StockReason.RANDOM_DRAW in reasons:
        return "draw_needed", "双随机抽查须通过抽取并经另一名工作人员批准后发起"
    if not note:
        return "note_missing", "未填写说明"
    if len(note) > MAX_NOTE:
        return "note_too_long", f"说明不能超过 {MAX_NOTE} 字"
    return None


def _reasons(text: str) -> tuple[list[StockReason], list[str]]:
    words = _split(text)
    known = [_REASONS[word] for word in words if word in _REASONS]
    return sorted(set(known)), [word for word in words if word not in _REASONS]


def _split(text: str) -> list[str]:
    return [word.strip() for word in _SEPARATORS.split(text) if word.strip()]


def _digest(given: dict[str, object]) -> str:
    return hashlib.sha256(canonical(given)).hexdigest()


def _places(head: Sequence[str]) -> dict[str, int]:
    """Which column holds what."""
    places: dict[str, int] = {}
    for at, name in enumerate(head):
        known = COLUMNS.get(name.strip().lower())
        if known is not None:
            places.setdefault(known, at)
    missing = [name for name in NEEDED if COLUMNS[name] not in places]
    if missing:
        raise BatchUnreadable(f"首行缺少列：{'、'.join(missing)}", code="batch_columns_missing")
    return places


def _csv(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Excel on Chinese Windows saves CSV in GB 18030, everything else in UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise BatchUnreadable("无法识别文件的编码，请保存为 UTF-8 或 GB 18030") from None
    if "\0" in text:
        raise BatchUnreadable("文件不是 CSV 或 XLSX")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise BatchUnreadable(f"第 {reader.line_num} 行不是有效的 CSV：{error}") from None


def _workbook(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise BatchUnreadable("文件解压后过大", code="file_too_large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # Or every row is as wide, and the sheet as long, as the file says it is.
        rows = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
        for line, row in enumerate(rows, start=1):
            if line > LAST_LINE:
                raise BatchUnreadable(f"第 {LAST_LINE} 行之后还有内容", code="batch_too_long")
            yield line, _texts(row)
        book.close()
    except UNOPENABLE:
        raise BatchUnreadable(
            "文件不是可以打开的 XLSX 工作簿", hint="文件可能已损坏或设有打开密码，请另存为 XLSX 或 CSV 后再试"
        ) from None


def _texts(row: Sequence[object]) -> list[str]:
    return ["" if cell is None else str(cell).strip() for cell in row] if any(row) else []
