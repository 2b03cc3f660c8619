"""Which SVG may stand in a document: one that paints, and nothing else. Nothing is fetched, nothing runs."""

import re
from xml.etree import ElementTree

from verify_api.notices.glyphs import printable

SVG = "{http://www.w3.org/2000/svg}"
PAINTING = frozenset(
    f"{SVG}{name}"
    for name in (
        "svg",
        "g",
        "defs",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "clipPath",
        "marker",
        "pattern",
        "linearGradient",
        "radialGradient",
        "stop",
    )
)
FETCHES = re.compile(r"url\(\s*[^#\s]", re.IGNORECASE)


def check_drawing(text: str) -> str:
    """The drawing, with characters that have no type shown as missing.

    Raises:
        ValueError: It is no SVG, or holds something other than painting.
    """
    if "<!" in text or "<?" in text:
        raise ValueError("示意图不得含有声明或实体")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without declarations there are no entities.
    except ElementTree.ParseError as error:
        raise ValueError(f"示意图不是有效的 SVG：{error}") from None
    if root.tag != f"{SVG}svg":
        raise ValueError("示意图须为 SVG")
    for element in root.iter():
        if element.tag not in PAINTING:
            raise ValueError(f"示意图含有不允许的元素 {element.tag.removeprefix(SVG)}")
        for name, value in element.attrib.items():
            if _is_forbidden(name.rpartition("}")[2].lower(), value):
                raise ValueError(f"示意图含有不允许的属性 {name}")
    return printable(text)


def _is_forbidden(name: str, value: str) -> bool:
    return name in {"href", "src", "style"} or name.startswith("on") or bool(FETCHES.search(value))
