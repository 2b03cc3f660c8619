"""Which characters the documents' typeface can show.

PDF/A refuses a page with a character that has no glyph. A rare character in a name must not keep a document
from being made, so it is printed as 〓 with its code point, as Chinese typesetting does for a missing type.
"""

import struct
import unicodedata
from functools import cache

from pylopdf_fonts_zh_cn import serif_path

MISSING = "〓"
FULL_REPERTOIRE = 12  # cmap format with 32-bit ranges (OpenType, table cmap)


def printable(text: str) -> str:
    """The text as it can be set: composed, without control and direction characters, missing types shown."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(_shown(char) for char in composed)


@cache
def _shown(char: str) -> str:
    if char == "\n":
        return char
    kind = unicodedata.category(char)
    if kind in {"Cc", "Zl", "Zp", "Zs"}:
        return " " if char != "\u3000" else char
    if kind == "Cf":
        return ""  # Zero-width and direction marks would let a page read otherwise than its text.
    return char if has_glyph(ord(char)) else f"{MISSING}（U+{ord(char):04X}）"


def has_glyph(code: int) -> bool:
    """Whether the body typeface shows this code point."""
    return any(first <= code <= last for first, last in _ranges())


@cache
def _ranges() -> tuple[tuple[int, int], ...]:
    """Ranges of code points with a glyph, from the font file's own character map."""
    data = serif_path().read_bytes()
    start = _table(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, start + 2)
    for index in range(count):
        _platform, _encoding, offset = struct.unpack_from(">HHL", data, start + 4 + 8 * index)
        (layout,) = struct.unpack_from(">H", data, start + offset)
        if layout == FULL_REPERTOIRE:
            (groups,) = struct.unpack_from(">L", data, start + offset + 12)
            read = struct.iter_unpack(">LLL", data[start + offset + 16 : start + offset + 16 + 12 * groups])
            return tuple((first, last) for first, last, _glyph in read)
    raise LookupError("the document typeface has no full character map")


def _table(data: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for index in range(count):
        tag, _sum, offset, _length = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        if tag == name:
            return int(offset)
    raise LookupError(f"the document typeface has no table {name!r}")
