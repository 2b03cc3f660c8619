"""Cutting what one run of the press has set into its documents, each a complete PDF/A-2b with its own tags.

The pages are taken over as they are, and with them the fonts that the run has embedded for all of them.
"""

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from itertools import pairwise
from string import Template
from typing import Any
from xml.sax.saxutils import escape

from pikepdf import AccessMode, Array, Dictionary, Name, Object, ObjectStreamMode, Pdf, StreamDecodeLevel

LANGUAGE = "zh-CN"


@dataclass(frozen=True, slots=True)
class Properties:
    """What a file says of itself (ISO 19005-2, 6.6.2 and 6.6.3): the same in both places where it is said."""

    title: str
    author: str
    made_at: datetime  # aware, UTC
    code: str  # names the document


def cut(run: bytes, properties: Sequence[Properties]) -> list[Pdf]:
    """One file for each document of the run, in their order. They read from the run as long as they live.

    The first page is no document's.

    Raises:
        ValueError: The run holds another number of documents.
    """
    whole = _opened(run)
    starts = _starts(whole)
    if len(starts) != len(properties):
        raise ValueError(f"{len(properties)} documents were set and {len(starts)} came out")
    tags = _Tags(whole, starts)
    ends = [*starts[1:], len(whole.pages)]
    return [
        _file(whole, range(start, end), tags, number, one)
        for number, (start, end, one) in enumerate(zip(starts, ends, properties, strict=True))
    ]


def _opened(run: bytes) -> Pdf:
    """From a file without a name: the library reads that by itself, and memory through Python."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(run)
        file.flush()
        return Pdf.open(file.name, access_mode=AccessMode.mmap_only)


def _starts(whole: Pdf) -> list[int]:
    """Indices of the pages on which a document begins: its labels have a dash more (ISO 32000-1, 12.4.2)."""
    labels = whole.Root.PageLabels.Nums
    first: dict[str, int] = {}
    for index in range(0, len(labels), 2):
        first.setdefault(str(labels[index + 1].get("/P", "")), int(labels[index]))
    return [first[dashes] for dashes in sorted(first) if dashes]


def _file(whole: Pdf, pages: range, tags: "_Tags", number: int, properties: Properties) -> Pdf:
    file = Pdf.new()
    for index in pages:
        file.pages.append(whole.pages[index])
        file.pages[-1].obj.StructParents = index - pages.start
    root = file.Root
    root.Lang, root.MarkInfo = LANGUAGE, Dictionary(Marked=True)
    root.OutputIntents = file.copy_foreign(whole.make_indirect(whole.Root.OutputIntents))
    root.StructTreeRoot = tags.of(file, number, pages)
    _describe(file, properties)
    return file


def as_bytes(file: Pdf, *, is_same_again: bool = True) -> bytes:
    """The file written out, each object by itself; with `is_same_again` same content is the same bytes."""
    out = io.BytesIO()
    file.save(
        out,
        deterministic_id=is_same_again,
        compress_streams=False,  # They are compressed already.
        stream_decode_level=StreamDecodeLevel.none,
        object_stream_mode=ObjectStreamMode.disable,
        fix_metadata_version=False,
        force_version="1.7",
    )
    return out.getvalue()


def _describe(file: Pdf, properties: Properties) -> None:
    stamp = properties.made_at.strftime("D:%Y%m%d%H%M%SZ")
    file.docinfo = file.make_indirect(
        Dictionary(
            Title=properties.title,
            Author=properties.author,
            Creator="Typst",
            CreationDate=stamp,
            ModDate=stamp,
        )
    )
    packet = _packet().substitute(
        title=escape(properties.title),
        author=escape(properties.author),
        made_at=properties.made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        code=escape(properties.code),
        language=LANGUAGE,
    )
    file.Root.Metadata = file.make_stream(packet.encode(), Type=Name.Metadata, Subtype=Name.XML)


@cache
def _packet() -> Template:
    return Template(resources.files("verify_api.notices").joinpath("metadata.xmp").read_text("utf-8"))


class _Tags:
    """The run's structure tree (ISO 32000-1, 14.7), in parts that belong to one document each."""

    def __init__(self, whole: Pdf, starts: Sequence[int]) -> None:
        self._whole = whole
        self._tree = whole.Root.StructTreeRoot
        self._document_of = {
            whole.pages[index].obj.objgen: number
            for number, (start, end) in enumerate(pairwise([*starts, len(whole.pages)]))
            for index in range(start, end)
        }
        parents = self._tree.ParentTree.Nums
        self._parents = {int(parents[index]): parents[index + 1] for index in range(0, len(parents), 2)}
        self._parts = self._grouped(self._tree.K[0].K)
        self._named = self._grouped_names(self._tree.IDTree.Names) if "/IDTree" in self._tree else {}

    def of(self, file: Pdf, number: int, pages: range) -> Object:
        """The tree of one document whose pages stand in `file` already; its parts are copied into it."""
        whole = self._whole
        top = whole.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document))
        parts = self._parts.get(number, [])
        for part in parts:
            part.P = top
        top.K = Array(parts)
        parents: list[Any] = []
        for index in pages:
            parents += [index - pages.start, self._parents[int(whole.pages[index].obj.StructParents)]]
        told = Dictionary(
            Type=Name.StructTreeRoot,
            K=Array([top]),
            ParentTree=Dictionary(Nums=Array(parents)),
            ParentTreeNextKey=len(pages),
            RoleMap=self._tree.RoleMap,
        )
        if number in self._named:
            told.IDTree = Dictionary(Names=Array(self._named[number]))
        root = file.copy_foreign(whole.make_indirect(told))
        root.K[0].P = root
        return root

    def _grouped(self, parts: Object) -> dict[int, list[Object]]:
        """Parts by document. One that paints nothing goes with the one before it."""
        found: dict[int, list[Object]] = {}
        number = -1
        for part in _kids(parts):
            number = self._number_of(part, number)
            found.setdefault(number, []).append(part)
        return found

    def _grouped_names(self, names: Object) -> dict[int, list[Object]]:
        found: dict[int, list[Object]] = {}
        for index in range(0, len(names), 2):
            number = self._number_of(names[index + 1], -1)
            found.setdefault(number, []).extend([names[index], names[index + 1]])
        return found

    def _number_of(self, part: Object, otherwise: int) -> int:
        page = _page_of(part)
        return otherwise if page is None else self._document_of.get(page.objgen, -1)


def _page_of(part: Object) -> Object | None:
    """The page of a part of the tree, or of the first part below it that stands on one."""
    page: Object | None = part.get("/Pg")
    if page is None and "/K" in part:
        below = (_page_of(kid) for kid in _kids(part.K) if isinstance(kid, Dictionary))
        page = next((found for found in below if found is not None), None)
    return page


def _kids(of: Object) -> list[Object]:
    return list(of) if isinstance(of, Array) else [of]
