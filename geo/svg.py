"""The few words of SVG a sketch needs. Every text and attribute goes through an escape here and nowhere else.

No `style` attribute, `<style>` or script is ever written, so a page may forbid them (`style-src 'self'`);
colours are presentation attributes, which any style sheet of the page may override by class.
"""

import re
from html import escape

# XML 1.0 has no way to write these, not even escaped: one of them in a title would break the whole document.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

Value = str | int | float


def text_of(value: object) -> str:
    """Text made safe between tags and inside quoted attributes."""
    return escape(_NOT_XML.sub("", str(value)), quote=True)


def tag(name: str, *children: str, **attributes: Value) -> str:
    """One element. Children are finished SVG; attribute names write `-` as `_` and `class` as `class_`."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{''.join(children)}</{name}>" if children else f"<{name}{pairs}/>"


def label(x: float, y: float, text: str, *, size: int = 13, **attributes: Value) -> str:
    """A line of text."""
    return tag("text", text_of(text), x=x, y=y, font_size=size, **{"fill": "currentColor", **attributes})


def _value(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return text_of(value)
