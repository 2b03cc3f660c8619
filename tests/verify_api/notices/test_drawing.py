"""A drawing may paint, and nothing else."""

import pytest

from tests.verify_api.notices.conftest import SKETCH
from verify_api.notices.drawing import check_drawing

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def drawing(inner: str) -> str:
    return f"{HEAD}{inner}</svg>"


def test_what_paints_is_let_through() -> None:
    assert check_drawing(SKETCH) == SKETCH
    inside = drawing('<g clip-path="url(#c)"><path d="M0 0L1 1"/><text>北</text></g>')
    assert check_drawing(inside) == inside


def test_a_character_without_a_type_is_shown_as_missing() -> None:
    assert "〓（U+20BB7）" in check_drawing(drawing("<text>𠮷</text>"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a drawing",
        "<svg/>",  # no namespace: not an SVG to any reader
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        drawing("<script>alert(1)</script>"),
        drawing('<image href="file:///etc/passwd"/>'),
        drawing('<use xlink:href="#x"/>'),
        drawing("<g><foreignObject/></g>"),
        drawing('<filter><feImage href="http://example.invalid/x"/></filter>'),
        drawing('<rect onclick="x()"/>'),
        drawing('<rect style="fill:url(http://example.invalid)"/>'),
        drawing('<rect fill="url( http://example.invalid)"/>'),
        drawing('<rect fill="URL(//example.invalid)"/>'),
        drawing('<text xlink:href="#x">x</text>'),
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SKETCH,
        '<?xml-stylesheet href="http://example.invalid"?>' + SKETCH,
        drawing("<style>@import 'http://example.invalid'</style>"),
        SKETCH[:-3],
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="示意图"):
        check_drawing(text)
