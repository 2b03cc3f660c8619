"""What a file of enterprises may look like, and what is said of one that cannot be read (SZ-31)."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest

from tests.verify_api.cases.conftest import valid_uscc
from tests.verify_api.cases.test_batches import HEAD, table, workbook
from verify_api.cases.batchfile import MAX_ROWS, BatchUnreadable, read


def edited(change: Callable[[bytes], bytes]) -> bytes:
    """A workbook of one row with its sheet's XML changed."""
    out = io.BytesIO()
    book = zipfile.ZipFile(io.BytesIO(workbook([valid_uscc(1), "转包", "举报", ""])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in book.namelist():
            data = book.read(name)
            copy.writestr(name, change(data) if name == "xl/worksheets/sheet1.xml" else data)
    return out.getvalue()


def spoiled(at: int) -> bytes:
    """A workbook with one byte of the sheet's compressed data changed, or its compression method unknown."""
    data = bytearray(workbook([valid_uscc(1), "转包", "举报", ""]))
    start = data.index(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    data[start + at] ^= 0xFF
    return bytes(data)


def encrypted() -> bytes:
    """A workbook whose parts say that they need a password."""
    data = bytearray(workbook([valid_uscc(1), "转包", "举报", ""]))
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    "data", [spoiled(0), spoiled(40), spoiled(200), encrypted(), workbook()[:2000]], ids=range(5)
)
def test_a_damaged_or_locked_workbook_is_said_to_be_one(data: bytes) -> None:
    with pytest.raises(BatchUnreadable, match="不是可以打开的 XLSX"):
        read(data)


def test_rows_without_content_cost_next_to_nothing_however_many_the_sheet_claims() -> None:
    last = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    wide = (b'ref="A1:D2"', b'ref="A1:XFD1048576"')
    far = edited(lambda xml: xml.replace(*wide).replace(b"</sheetData>", last))
    begun = time.process_time()
    assert [(row.line, row.code) for row in read(far)] == [(2, ""), (1048576, "bad_uscc")]
    assert time.process_time() - begun < 20


def test_a_row_beyond_what_a_sheet_can_have_is_refused() -> None:
    beyond = edited(lambda xml: xml.replace(b'<row r="2"', b'<row r="99999999999"'))
    with pytest.raises(BatchUnreadable):
        read(beyond)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_encodings_spreadsheets_write(encoding: str) -> None:
    data = (HEAD + f"{valid_uscc(1)},拖欠工人工资、转包,群众来信,").encode(encoding)
    [row] = read(data)
    assert (row.line, row.code) == (2, "")
    assert row.given["reasons"] == ["subcontracting", "wage_arrears"]


def test_a_workbook_says_the_same_as_the_csv() -> None:
    rows = read(workbook([valid_uscc(1), "拖欠工人工资", "群众来信", None], [None, None, None, None]))
    same = read(table(f"{valid_uscc(1)},wage_arrears,群众来信,"))
    assert [row.given for row in rows] == [row.given for row in same]


@pytest.mark.rule("SZ-31")
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("123,拖欠工人工资,来信", "bad_uscc"),
        (f"{valid_uscc(1)[:-1]}0,拖欠工人工资,来信", "bad_uscc"),
        (f"{valid_uscc(1)},无故,来信", "reason_unknown"),
        (f"{valid_uscc(1)},,来信", "reason_missing"),
        (f"{valid_uscc(1)},拖欠工人工资,", "note_missing"),
        (f"{valid_uscc(1)},拖欠工人工资", "note_missing"),
        (f"{valid_uscc(1)},双随机抽查,来信", "draw_needed"),
        (f"{valid_uscc(1)},转包,{'长' * 1001}", "note_too_long"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(row: str, code: str) -> None:
    good, bad = read(table(f"{valid_uscc(2)},转包,来信", row))
    assert (good.code, bad.code) == ("", code)
    assert bad.message


def test_the_same_row_twice_is_named() -> None:
    line = f"{valid_uscc(1)},转包,来信"
    rows = read(table(line, f"{valid_uscc(1)},转包,另一封来信", line))
    assert [row.code for row in rows] == ["", "", "duplicate_row"]
    assert "第 2 行" in rows[2].message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00\x01",
        HEAD.encode(),
        b"name,reason\na,b",
        b"PK\x03\x04 no workbook",
        b"%PDF-1.7 \0",
        (HEAD + "\n".join(f"{valid_uscc(n % 9999)},转包,{n}" for n in range(MAX_ROWS + 1))).encode(),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(BatchUnreadable):
        read(data)
