"""Several documents set in one run of the press: each comes out as if it had been set alone."""

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from pikepdf import Array, Dictionary, Object, Pdf
from pypdf import PdfReader

from tests.verify_api.notices.conftest import SKETCH
from tests.verify_api.notices.test_pages import document, text_of
from verify_api.notices import press
from verify_api.notices.cutting import Properties, as_bytes, cut
from verify_api.notices.document import Document
from verify_api.notices.models import NoticeKind
from verify_api.notices.press import NotSet, set_page, set_pages

RARE = "龘㑇𬭎"


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    """One of each kind; some with a drawing, many pages, a header, characters of their own."""
    evidence = [{"label": f"打卡记录{n}", "detail": "定位在核查范围之外"} for n in range(40)]
    return [
        document(NoticeKind.LAPSE, enterprise_name=f"示例{RARE}公司"),
        document(NoticeKind.REVOCATION, evidence=evidence),
        document(NoticeKind.LAPSE, sketch_svg=SKETCH),
        *(document(kind) for kind in NoticeKind),
    ]


@pytest.fixture(scope="module")
def run(documents: list[Document]) -> list[bytes]:
    return [as_bytes(page) for page in set_pages(documents)]


def test_each_document_has_its_own_text_and_nobody_elses(documents: list[Document], run: list[bytes]) -> None:
    assert [text_of(page) for page in run] == [text_of(set_page(one)) for one in documents]


def test_each_looks_to_the_eye_as_if_it_had_been_set_alone(
    documents: list[Document], run: list[bytes], tmp_path: Path
) -> None:
    for number, (one, page) in enumerate(zip(documents, run, strict=True)):
        alone, together = shown(set_page(one), tmp_path / f"a{number}"), shown(page, tmp_path / f"b{number}")
        assert len(alone) == len(together)
        assert all(np.array_equal(*pair) for pair in zip(alone, together, strict=True)), one.title


def shown(page: bytes, folder: Path) -> list[np.ndarray]:
    """Its sheets as pictures."""
    tool = shutil.which("pdftoppm")
    if tool is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    folder.mkdir()
    (folder / "page.pdf").write_bytes(page)
    subprocess.run([tool, "-r", "60", "-png", folder / "page.pdf", folder / "p"], check=True)
    return [cv2.imread(str(file)) for file in sorted(folder.glob("p*.png"))]


def test_each_says_of_itself_what_it_is_and_is_pdf_a(documents: list[Document], run: list[bytes]) -> None:
    for one, page in zip(documents, run, strict=True):
        reader = PdfReader(io.BytesIO(page))
        told, packet = reader.metadata, reader.xmp_metadata
        assert told is not None
        assert packet is not None
        title = f"{one.title} {one.reference}"
        assert (told.title, packet.dc_title["x-default"]) == (title, title)
        assert (told.author, packet.dc_creator) == (one.office.name, [one.office.name])
        assert told.creation_date == packet.xmp_create_date.replace(tzinfo=told.creation_date.tzinfo)
        assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
        assert "/OutputIntents" in reader.trailer["/Root"]


def test_a_title_with_the_marks_of_xml_does_not_break_the_metadata() -> None:
    one = document(NoticeKind.LAPSE).model_copy(update={"title": '<告知> & "书"'})
    packet = PdfReader(io.BytesIO(set_page(one))).xmp_metadata
    assert packet is not None
    assert packet.dc_title["x-default"].startswith('<告知> & "书"')


def test_the_tags_of_each_are_whole_and_lead_to_its_own_pages_only(run: list[bytes]) -> None:
    """What a screen reader follows (ISO 32000-1, 14.7): all marked pieces of every page, nothing else."""
    for page in run:
        with Pdf.open(io.BytesIO(page)) as file:
            sheets = [sheet.obj.objgen for sheet in file.pages]
            tree = file.Root.StructTreeRoot
            assert file.Root.MarkInfo.Marked
            assert {part.Pg.objgen for part in parts(tree.K[0]) if "/Pg" in part} == set(sheets)
            nums = tree.ParentTree.Nums
            assert [int(sheet.obj.StructParents) for sheet in file.pages] == list(range(len(sheets)))
            assert [int(nums[n]) for n in range(0, len(nums), 2)] == list(range(len(sheets)))
            below = {part.objgen for part in parts(tree.K[0])}
            for n, sheet in enumerate(file.pages):
                held = [one.objgen for one in nums[2 * n + 1] if isinstance(one, Dictionary)]
                marked = {int(m) for m in re.findall(rb"/MCID (\d+)", sheet.Contents.read_bytes())}
                assert len(held) == len(marked)
                assert set(held) <= below
            names = tree.get("/IDTree", Dictionary(Names=Array())).Names
            assert {names[n].objgen for n in range(1, len(names), 2)} <= below


def parts(part: Object) -> Iterator[Object]:
    yield part
    kids = part.get("/K", Array())
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield from parts(kid)


def test_the_shared_fonts_do_not_tell_what_the_other_documents_say(
    documents: list[Document], run: list[bytes]
) -> None:
    """The rare characters of the first document are in the fonts of all; their order is the code points'."""
    with Pdf.open(io.BytesIO(run[-1])) as file:
        fonts = [font for page in file.pages for font in page.Resources.Font.values()]
        orders = [characters(font.ToUnicode.read_bytes().decode()) for font in fonts]
    serif = max(orders, key=len)
    said = "".join(document.model_dump_json() for document in documents)
    chinese = [char for char in serif if char in said and not char.isascii()]
    assert set(RARE) & set(chinese)
    assert chinese == sorted(chinese)


def characters(cmap: str) -> list[str]:
    """What the glyphs of a font stand for, in their order."""
    found = [
        pair for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.S) for pair in block.splitlines()
    ]
    codes = [re.findall(r"<([0-9A-Fa-f]+)>", line) for line in found]
    return [bytes.fromhex(pair[1]).decode("utf-16-be") for pair in sorted(c for c in codes if len(c) == 2)]


def test_the_same_run_is_the_same_bytes(documents: list[Document], run: list[bytes]) -> None:
    assert [as_bytes(page) for page in set_pages(documents)] == run


def test_a_run_that_comes_out_with_another_number_of_documents_is_an_error(
    documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_too_few(made: bytes, properties: list[Properties]) -> list[Pdf]:
        return cut(made, properties[:-1])

    monkeypatch.setattr(press, "cut", one_too_few)
    with pytest.raises(NotSet):
        set_pages(documents[:3])
