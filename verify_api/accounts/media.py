"""What an uploaded file really is, told from its bytes. The name and the declared type are never believed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from registry.errors import Invalid

LICENCE_MAX = 10 * 1024 * 1024  # SZ-10
VIDEO_MAX = 200 * 1024 * 1024  # SZ-11
VIDEO_SECONDS = (10.0, 180.0)


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
_DOCUMENT_HINT = "请上传 JPG、PNG 或 PDF 文件，大小不超过 10 MB"
_VIDEO_HINT = "请上传 MP4 或 MOV 视频，10 秒至 180 秒，大小不超过 200 MB"


def document_type(head: bytes, *, size: int) -> str:
    """Media type of a licence or certificate file from its first bytes.

    Raises:
        WrongFile: Empty, larger than 10 MB, or no JPEG, PNG or PDF.
    """
    if size == 0:
        raise WrongFile(code="file_empty", message="文件是空的", hint=_DOCUMENT_HINT)
    if size > LICENCE_MAX:
        raise WrongFile(code="file_too_large", message="文件超过 10 MB", hint=_DOCUMENT_HINT)
    for magic, media_type in _DOCUMENTS:
        if head.startswith(magic):
            return media_type
    raise WrongFile(code="file_type_not_accepted", message="文件不是 JPG、PNG 或 PDF", hint=_DOCUMENT_HINT)


def video_of(file: BinaryIO, *, size: int) -> Video:
    """Container and duration of a video, read from its ISO base media boxes (ISO/IEC 14496-12).

    `file` is seekable; only box headers and the movie header are read, never the pictures.

    Raises:
        WrongFile: Too large, no MP4 or MOV, without a readable duration, or not 10 to 180 seconds long.
    """
    if size > VIDEO_MAX:
        raise WrongFile(code="file_too_large", message="视频超过 200 MB", hint=_VIDEO_HINT)
    first = next(_boxes(file, 0, size), None)
    if first is None or first.kind != b"ftyp" or first.end - first.body < 8:
        raise WrongFile(code="file_type_not_accepted", message="文件不是 MP4 或 MOV 视频", hint=_VIDEO_HINT)
    file.seek(first.body)
    media_type = "video/quicktime" if file.read(4) == b"qt  " else "video/mp4"
    duration_s = _duration(file, size)
    if duration_s is None:
        raise WrongFile(code="video_unreadable", message="无法读取视频时长，文件可能不完整", hint=_VIDEO_HINT)
    shortest, longest = VIDEO_SECONDS
    if not shortest <= duration_s <= longest:
        told = f"视频长 {duration_s:.0f} 秒，应为 {shortest:.0f} 秒至 {longest:.0f} 秒"
        raise WrongFile(code="video_length_not_accepted", message=told, hint=_VIDEO_HINT)
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
