"""What an uploaded file really is, told from its bytes. The name and the declared type are never believed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from registry.errors import Invalid
from verify_api.policy.values import Uploads

MEGABYTE = 1024 * 1024


class WrongFile(Invalid):
    """The file is not of a kind, size or length that is taken."""

    code = "file_not_accepted"
    message = "文件不符合要求"


@dataclass(frozen=True, slots=True)
class Video:
    """An accepted video."""

    media_type: str
    duration_s: float


_DOCUMENTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)


def document_hint(rule: Uploads) -> str:
    """What is taken as a document, for the form and the refusal (SZ-10)."""
    return f"JPG、PNG 或 PDF，不超过 {rule.document_max_mb} MB"


def video_hint(rule: Uploads) -> str:
    """What is taken as a video, for the form and the refusal (SZ-11)."""
    return f"MP4 或 MOV，{rule.video_min_s} 至 {rule.video_max_s} 秒，不超过 {rule.video_max_mb} MB"


def document_type(head: bytes, *, size: int, rule: Uploads) -> str:
    """Media type of a licence or certificate file from its first bytes.

    Raises:
        WrongFile: Empty, larger than the policy allows, or no JPEG, PNG or PDF.
    """
    hint = "请上传" + document_hint(rule)
    if size == 0:
        raise WrongFile(code="file_empty", message="文件是空的", hint=hint)
    if size > rule.document_max_mb * MEGABYTE:
        told = f"文件超过 {rule.document_max_mb} MB"
        raise WrongFile(code="file_too_large", message=told, hint=hint)
    found = media_type_of(head)
    if found is None:
        raise WrongFile(code="file_type_not_accepted", message="文件不是 JPG、PNG 或 PDF", hint=hint)
    return found


def media_type_of(head: bytes) -> str | None:
    """What a document's first bytes are those of; None for anything but JPEG, PNG and PDF."""
    return next((media_type for magic, media_type in _DOCUMENTS if head.startswith(magic)), None)


def video_of(file: BinaryIO, *, size: int, rule: Uploads) -> Video:
    """Container and duration of a video, read from its ISO base media boxes (ISO/IEC 14496-12).

    `file` is seekable; only box headers and the movie header are read, never the pictures.

    Raises:
        WrongFile: Too large, no MP4 or MOV, without a readable duration, too short or too long.
    """
    hint = "请上传" + video_hint(rule)
    if size > rule.video_max_mb * MEGABYTE:
        raise WrongFile(code="file_too_large", message=f"视频超过 {rule.video_max_mb} MB", hint=hint)
    first = next(_boxes(file, 0, size), None)
    if first is None or first.kind != b"ftyp" or first.end - first.body < 8:
        raise WrongFile(code="file_type_not_accepted", message="文件不是 MP4 或 MOV 视频", hint=hint)
    file.seek(first.body)
    media_type = "video/quicktime" if file.read(4) == b"qt  " else "video/mp4"
    duration_s = _duration(file, size)
    if duration_s is None:
        raise WrongFile(code="video_unreadable", message="无法读取视频时长，文件可能不完整", hint=hint)
    shortest, longest = rule.video_min_s, rule.video_max_s
    if not shortest <= duration_s <= longest:
        told = f"视频长 {duration_s:.0f} 秒，应为 {shortest} 秒至 {longest} 秒"
        raise WrongFile(code="video_length_not_accepted", message=told, hint=hint)
    return Video(media_type, duration_s)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    body: int
    end: int


_BOXES_MAX = 10_000  # A file of nothing but empty boxes must not keep a worker busy.


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """Boxes from `start` to `end`; stops at the first that cannot be true."""
    at = start
    for _ in range(_BOXES_MAX):
        if at + 8 > end:
            return
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        body = at + 8
        if length == 1:
            wide = file.read(8)
            if len(wide) < 8:
                return
            length, body = struct.unpack(">Q", wide)[0], at + 16
        elif length == 0:  # To the end of the file.
            length = end - at
        if length < body - at or at + length > end:
            return
        yield _Box(kind, body, at + length)
        at += length


def _find(file: BinaryIO, kind: bytes, start: int, end: int) -> _Box | None:
    return next((box for box in _boxes(file, start, end) if box.kind == kind), None)


def _duration(file: BinaryIO, size: int) -> float | None:
    """Seconds by the movie header, or by the movie extends header of a fragmented file."""
    moov = _find(file, b"moov", 0, size)
    header = moov and _find(file, b"mvhd", moov.body, moov.end)
    if not moov or not header:
        return None
    scale, length = _movie_header(_read(file, header))
    if length == 0:
        mvex = _find(file, b"mvex", moov.body, moov.end)
        extends = mvex and _find(file, b"mehd", mvex.body, mvex.end)
        length = _extends_header(_read(file, extends)) if extends else 0
    return length / scale if scale and length else None


def _read(file: BinaryIO, box: _Box) -> bytes:
    file.seek(box.body)
    return file.read(min(box.end - box.body, 40))


def _movie_header(body: bytes) -> tuple[int, int]:
    """Time scale and duration; (0, 0) if the box is cut short."""
    wide = body[:1] == b"\x01"
    form, at = (">IQ", 20) if wide else (">II", 12)
    if len(body) < at + struct.calcsize(form):
        return 0, 0
    scale, length = struct.unpack_from(form, body, at)
    unknown = 2**64 - 1 if wide else 2**32 - 1
    return scale, 0 if length == unknown else length


def _extends_header(body: bytes) -> int:
    form = ">Q" if body[:1] == b"\x01" else ">I"
    return struct.unpack_from(form, body, 4)[0] if len(body) >= 4 + struct.calcsize(form) else 0
