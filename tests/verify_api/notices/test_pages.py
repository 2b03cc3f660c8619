"""What the pages say, that they are PDF/A with their fonts inside, and that they are always the same."""

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import pytest
from pypdf import PdfReader

from tests.verify_api.notices.conftest import CONTEXTS, NOW, OFFICE, SKETCH
from verify_api.notices.document import Document
from verify_api.notices.glyphs import has_glyph, printable
from verify_api.notices.models import NoticeKind
from verify_api.notices.press import Mark, NotSet, set_page
from verify_api.notices.rules import code_from, make_document, read_context, remedies_of
from verify_api.policy.values import Policy

FACTUAL = [kind for kind in NoticeKind if kind is not NoticeKind.SERVICE_RECEIPT]
ORDERED_TO_ENTERPRISE = [
    NoticeKind.RECTIFICATION,
    NoticeKind.REVOCATION,
    NoticeKind.LAPSE,
]


def document(kind: NoticeKind, **change: Any) -> Document:
    return make_document(
        kind,
        read_context(kind, CONTEXTS[kind] | change),
        letters="深建改",
        number=7,
        code="K7Q2M9X4TB3V",
        office=OFFICE,
        remedies=remedies_of(Policy()),
        issued_on=NOW.date(),
    )


def text_of(page: bytes) -> str:
    """All text of a page set without its line breaks."""
    return re.sub(r"\s+", "", "".join(item.extract_text() for item in PdfReader(io.BytesIO(page)).pages))


@pytest.fixture(scope="module")
def pages() -> dict[NoticeKind, str]:
    return {kind: text_of(set_page(document(kind))) for kind in NoticeKind}


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_same_document_is_the_same_bytes(kind: NoticeKind) -> None:
    assert set_page(document(kind)) == set_page(document(kind))


@pytest.mark.parametrize("kind", NoticeKind)
def test_pages_are_pdf_a_2b_with_every_font_inside(kind: NoticeKind) -> None:
    reader = PdfReader(io.BytesIO(set_page(document(kind))))
    metadata = reader.xmp_metadata
    assert metadata is not None
    raw = metadata.stream.get_data().decode()
    assert re.search(r"pdfaid:part[=>\"']+2", raw)
    assert re.search(r"pdfaid:conformance[=>\"']+B", raw)
    assert "/OutputIntents" in reader.trailer["/Root"]
    fonts = [
        inner.get_object()["/FontDescriptor"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
        for inner in font.get_object()["/DescendantFonts"]
    ]
    assert fonts
    assert all("/FontFile3" in font.get_object() for font in fonts)


@pytest.mark.parametrize("kind", FACTUAL)
def test_each_names_who_what_whom_and_when(kind: NoticeKind, pages: dict[NoticeKind, str]) -> None:
    text = pages[kind]
    for said in (
        "深圳市住房和建设局",
        kind.value,
        "深建改〔2026〕第7号",
        "深圳示例建设工程有限公司",
        "建筑工程施工总承包三级",
        "2026年2月6日",
        "核查〔2026〕第128号",
        "期限届满未申报打卡人员",
        "短信送达回执",
        "2026-02-0611:00:00",  # evidence told in Shanghai time
        "https://example.invalid",
        "K7Q2M9X4TB3V",
        "演示样本，不具有法律效力",
    ):
        assert said in text, said


@pytest.mark.parametrize("kind", ORDERED_TO_ENTERPRISE)
def test_each_act_names_its_remedies_and_their_limits(kind: NoticeKind, pages: dict[NoticeKind, str]) -> None:
    assert "60日内向深圳市人民政府申请行政复议" in pages[kind]
    assert "6个月内依法向有管辖权的人民法院提起行政诉讼" in pages[kind]


@pytest.mark.rule("SZ-35")
def test_SZ_35_the_order_demands_report_and_new_list_within_the_cap(pages: dict[NoticeKind, str]) -> None:
    text = pages[NoticeKind.RECTIFICATION]
    assert "自本通知书送达之日起1个月内" in text
    assert "提交整改报告，并重新申报打卡人员名单" in text
    assert "全部人员应在1个月内到企业注册地址完成打卡" in text
    assert "送达之日起3个月内全部完成" in text
    assert "第二十八条" in text
    assert "不得申请建筑业企业资质的升级、增项" in text


def test_the_order_says_before_any_decision_that_the_enterprise_may_be_heard(
    pages: dict[NoticeKind, str],
) -> None:
    text = pages[NoticeKind.RECTIFICATION]
    assert "有权陈述、申辩，也可以要求听证，请在整改期限届满前" in text
    assert "我局于作出决定前以上述通知书告知你单位" in pages[NoticeKind.REVOCATION]


def test_a_revocation_is_no_annulment_and_no_penalty(pages: dict[NoticeKind, str]) -> None:
    text = pages[NoticeKind.REVOCATION]
    assert "不再符合资质标准要求的条件，不属于撤销或者吊销" in text
    assert "处罚" not in text
    for kind in (NoticeKind.RECTIFICATION, NoticeKind.PROPOSAL, NoticeKind.RECOMMENDATION):
        assert "吊销" not in pages[kind]


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_page_claims_no_more_of_its_signature_than_any_key_can_hold(
    kind: NoticeKind, pages: dict[NoticeKind, str]
) -> None:
    assert "本文书经电子签名" in pages[kind]
    assert "可靠" not in pages[kind]


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_code_on_the_page_is_read_by_a_camera(kind: NoticeKind, tmp_path: Path) -> None:
    pdftoppm = shutil.which("pdftoppm")
    if pdftoppm is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    file = tmp_path / "page.pdf"
    file.write_bytes(set_page(document(kind)))
    subprocess.run([pdftoppm, "-r", "96", "-png", file, tmp_path / "p"], check=True)
    seen = [cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(one)))[0] for one in tmp_path.glob("p*.png")]
    assert [url for url in seen if url] == ["https://example.invalid/v/K7Q2M9X4TB3V"]


@pytest.mark.rule("SZ-37")
def test_SZ_37_only_the_listed_items_are_revoked(pages: dict[NoticeKind, str]) -> None:
    text = pages[NoticeKind.REVOCATION]
    assert "未列明的其他资质不受影响" in text
    assert "第七十条" in text


@pytest.mark.rule("SZ-37")
def test_SZ_37_another_authority_receives_a_recommendation_not_a_decision(
    pages: dict[NoticeKind, str],
) -> None:
    text = pages[NoticeKind.RECOMMENDATION]
    assert "示例省住房和城乡建设厅：" in text
    assert "建议贵单位作为资质许可机关" in text
    assert "撤回你单位" not in text
    assert "抄送：深圳示例建设工程有限公司" in text


@pytest.mark.rule("SZ-30d")
def test_SZ_30d_a_lapse_is_no_revocation_and_says_until_when_the_item_holds(
    pages: dict[NoticeKind, str],
) -> None:
    text = pages[NoticeKind.LAPSE]
    assert "有效期至2026年9月1日，有效期届满后自动失效" in text
    assert "不属于撤回、撤销或者吊销" in text
    assert "整改" not in text


def test_before_a_decision_the_enterprise_may_be_heard(pages: dict[NoticeKind, str]) -> None:
    text = pages[NoticeKind.PROPOSAL]
    assert "有权陈述、申辩，也可以要求听证" in text
    assert "5个工作日内" in text


def test_the_receipt_of_service_names_how_where_when_and_by_whom(pages: dict[NoticeKind, str]) -> None:
    text = pages[NoticeKind.SERVICE_RECEIPT]
    for said in ("送达回证", "邮寄送达", "2026年2月6日11:00:00", "工作人员甲、工作人员乙", "cd" * 8):
        assert said in text, said


@pytest.mark.parametrize(
    "hostile",
    ['#image("/etc/passwd")', "$x^2$ *粗* _斜_ `代码`", "<标签> @引用 // 注释", "\\ 反斜杠 #let x = 1", "]"],
)
def test_what_people_wrote_is_printed_and_never_read_as_markup(hostile: str) -> None:
    page = set_page(document(NoticeKind.LAPSE, facts=[hostile]))
    assert re.sub(r"\s+", "", hostile) in text_of(page)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("𠮷野", "〓（U+20BB7）野"),
        ("😀", "〓（U+1F600）"),
        ("\ue000", "〓（U+E000）"),
        ("甲\u202e乙\u200b丙", "甲乙丙"),
        ("甲\x00乙\t丙\r丁", "甲 乙 丙 丁"),
        ("e\u0301", "é"),
        ("龘㑇𬭎囍㎡Ⅲ·—", "龘㑇𬭎囍㎡Ⅲ·—"),
        ("一\n二", "一\n二"),
        ("", ""),
    ],
)
def test_a_character_without_a_type_is_shown_as_missing(text: str, shown: str) -> None:
    assert printable(text) == shown
    name = printable(f"示例{text}公司").replace("\n", "")
    page = set_page(document(NoticeKind.LAPSE, enterprise_name=f"示例{text}公司"))
    assert re.sub(r"\s+", "", name) in text_of(page).replace("示例一二公司", name)


def test_the_typeface_covers_the_characters_of_law() -> None:
    assert all(has_glyph(ord(char)) for char in "责令整改通知书撤回失效〔〕（）《》“”、。；：—〓①")
    assert not has_glyph(ord("😀"))


def test_a_drawing_gets_a_page_of_its_own_and_is_announced_before_it() -> None:
    plain = text_of(set_page(document(NoticeKind.LAPSE)))
    *before, last = PdfReader(io.BytesIO(set_page(document(NoticeKind.LAPSE, sketch_svg=SKETCH)))).pages
    assert "附件" not in plain
    assert "打卡地点与定位示意图" in last.extract_text()
    assert "附件：打卡地点与定位示意图" in "".join(page.extract_text() for page in before)


def test_a_long_list_of_evidence_runs_over_pages_with_its_head() -> None:
    evidence = [{"label": f"打卡记录{n}", "detail": "定位在核查范围之外"} for n in range(150)]
    page = set_page(document(NoticeKind.REVOCATION, evidence=evidence))
    text = text_of(page)
    assert "打卡记录149" in text
    assert text.count("序号证据时间内容") >= 4


def test_marks_are_printed_on_every_page() -> None:
    page = set_page(document(NoticeKind.LAPSE), mark=Mark("已撤销", "本文书已于2026年3月1日撤销"))
    reader = PdfReader(io.BytesIO(page))
    assert all("已撤销" in item.extract_text() for item in reader.pages)
    assert "本文书已于2026年3月1日撤销" in text_of(page)


def test_an_unknown_template_is_an_error_not_another_page() -> None:
    with pytest.raises(NotSet):
        set_page(document(NoticeKind.LAPSE).model_copy(update={"template": "gbt9704-0"}))


@pytest.mark.parametrize(("number", "code"), [(0, "0" * 12), (31, "Z" + "0" * 11), (2**60 - 1, "Z" * 12)])
def test_codes_use_letters_that_nobody_mistakes(number: int, code: str) -> None:
    assert code_from(number) == code
    assert not set("OILU") & set(code)
