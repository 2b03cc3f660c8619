"""The image door: bytes become an upright RGB picture, or a refusal that names the fault.

What a file is, its content says, never its name or the phone. Size is read from the header before a pixel is
decoded.
"""

import io
import math
import re
import struct
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import cv2
import numpy as np
from PIL import ExifTags, ImageOps, UnidentifiedImageError
from PIL import Image as Pictures

from registry.clock import SHANGHAI
from registry.errors import Invalid
from verify_api.faces.engine import Image

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 24_000_000
MIN_SIDE = 64
WORK_SIDE = 1600  # the longer side is decoded no larger than needed to stay at or above this

# A marker in the compressed data: 0xFF that is neither stuffed (00), nor fill (FF), nor a restart (D0-D7).
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


class ImageRefused(Invalid):
    """The bytes are no picture that can be judged. `code` says which fault."""

    code = "unreadable"
    message = "照片无法打开"
    hint = "请重新拍摄 JPEG 或 PNG 照片"


@dataclass(frozen=True, slots=True)
class Opened:
    """An upright picture and what its file claims about itself."""

    image: Image
    captured_at: datetime | None


def open_image(data: bytes) -> Image:
    """The upright RGB picture, (height, width, 3) uint8. Large JPEGs come at reduced scale.

    Raises:
        ImageRefused: empty_file, file_too_large, unsupported_format, truncated, unreadable, too_many_pixels
            or image_too_small.
    """
    return open_picture(data).image


def open_picture(data: bytes) -> Opened:
    """As `open_image`, with the capture time that the file claims (EXIF).

    Raises:
        ImageRefused: As `open_image`.
    """
    if not data:
        raise ImageRefused("文件是空的", code="empty_file")
    if len(data) > MAX_BYTES:
        raise ImageRefused(
            f"文件超过 {MAX_BYTES // 2**20} MB", code="file_too_large", hint="请降低照片尺寸后上传"
        )
    kind = _kind(data)
    if not (_jpeg_is_whole(data) if kind == "JPEG" else _png_is_whole(data)):
        raise ImageRefused("照片文件不完整", code="truncated", hint="请重新拍摄或重新上传")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Odd metadata is no reason to refuse a picture that decodes.
            return _decode(data, kind)
    except ImageRefused:
        raise
    except Pictures.DecompressionBombError:
        raise _too_many() from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, cv2.error, KeyError) as e:
        raise ImageRefused from e


def _kind(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    others = (
        data.startswith((b"GIF8", b"BM", b"II*\0", b"MM\0*")) or data[4:8] == b"ftyp" or data[8:12] == b"WEBP"
    )
    if others:
        raise ImageRefused("不支持这种图片格式", code="unsupported_format", hint="请使用 JPEG 或 PNG 照片")
    raise ImageRefused


def _jpeg_is_whole(data: bytes) -> bool:
    """Walk the segments to the end-of-image marker; libjpeg itself would fill what is missing with grey."""
    at = 2
    while True:
        found = _MARKER.search(data, at)
        if found is None:
            return False
        marker, at = data[found.end() - 1], found.end()
        if marker == 0xD9:
            return True
        if marker in (0x01, 0xD8):
            continue
        if at + 2 > len(data):
            return False
        at += max(2, int.from_bytes(data[at : at + 2], "big"))


def _png_is_whole(data: bytes) -> bool:
    """Walk the chunks to IEND."""
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + size
    return False


def _too_many() -> ImageRefused:
    return ImageRefused(
        f"照片超过 {MAX_PIXELS // 1_000_000} 百万像素", code="too_many_pixels", hint="请降低照片分辨率后重试"
    )


def _decode(data: bytes, kind: str) -> Opened:
    with Pictures.open(io.BytesIO(data), formats=[kind]) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise _too_many()
        if min(width, height) < MIN_SIDE:
            raise ImageRefused("照片尺寸太小", code="image_too_small", hint="请使用手机相机的正常画质拍摄")
        exif = picture.getexif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        captured_at = _captured_at(exif)
        plain = kind == "JPEG" and picture.mode in ("RGB", "L")
        image = _decode_plain(data, max(width, height)) if plain else _decode_other(picture)
    return Opened(_upright(image, orientation), captured_at)


def _decode_plain(data: bytes, longer: int) -> Image:
    """The common case, by libjpeg-turbo through OpenCV: scales while decoding, frees the interpreter."""
    shrink = 2 ** min(3, max(0, math.floor(math.log2(longer / WORK_SIDE)))) if longer > WORK_SIDE else 1
    flag = {
        1: cv2.IMREAD_COLOR_RGB,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }[shrink]
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ImageRefused
    if shrink > 1:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return np.asarray(image, np.uint8)


def _decode_other(picture: Pictures.Image) -> Image:
    """PNG, CMYK, palettes, alpha (laid on white), 16-bit grey: Pillow knows them all."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, np.float64)
        top = 65535.0 if grey.max(initial=0) > 255 else 255.0
        picture = Pictures.fromarray((grey * (255.0 / top)).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Pictures.new("RGBA", picture.size, "white")
        picture = Pictures.alpha_composite(white, picture)
    upright = picture.convert("RGB")
    if max(upright.size) > 2 * WORK_SIDE:
        upright = ImageOps.contain(upright, (WORK_SIDE, WORK_SIDE))
    return np.array(upright, np.uint8)


def _upright(image: Image, orientation: object) -> Image:
    """Apply the EXIF orientation 1–8; anything else means upright."""
    turns = {3: cv2.ROTATE_180, 4: cv2.ROTATE_180, 5: cv2.ROTATE_90_CLOCKWISE, 6: cv2.ROTATE_90_CLOCKWISE,
             7: cv2.ROTATE_90_COUNTERCLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}  # fmt: skip
    if orientation in turns:
        image = np.asarray(cv2.rotate(image, turns[orientation]), np.uint8)
    if orientation in (2, 4, 5, 7):
        image = np.asarray(cv2.flip(image, 1), np.uint8)
    return np.ascontiguousarray(image)


def _captured_at(exif: Pictures.Exif) -> datetime | None:
    """DateTimeOriginal with its offset if the file has one, else taken as Shanghai time."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    offset = details.get(ExifTags.Base.OffsetTimeOriginal)
    try:
        naive = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - zone follows
        if offset:
            zone = datetime.strptime(str(offset).strip("\0 "), "%z").tzinfo
            return naive.replace(tzinfo=zone)
    except ValueError:
        return None
    return naive.replace(tzinfo=SHANGHAI)
