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
import simplejpeg
from PIL import ExifTags, ImageOps, UnidentifiedImageError
from PIL import Image as Pictures

from registry.clock import SHANGHAI
from registry.errors import Invalid
from verify_api.faces.engine import Image

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 24_000_000
MIN_SIDE = 64
WORK_SIDE = 1600  # the longer side is decoded no larger than needed to stay at or above this

# libjpeg's own words (`jerror.h`) for picture data that are missing or wrong. Whatever else it warns of, as
# padding before a marker or odd parameters of some cameras, leaves the picture whole.
_MISSING: Final = re.compile("premature end", re.I)
_DAMAGED: Final = re.compile("bad Huffman code|bad arithmetic code|instead of RST", re.I)


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
    # A JPEG that ends before its first scan; the rest is told by the decoder.
    if not (b"\xff\xda" in data if kind == "JPEG" else _png_is_whole(data)):
        raise _incomplete()
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


def _png_is_whole(data: bytes) -> bool:
    """Walk the chunks to IEND."""
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + size
    return False


def _incomplete() -> ImageRefused:
    return ImageRefused("照片文件不完整", code="truncated", hint="请重新拍摄或重新上传")


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
        if kind == "JPEG" and picture.mode in ("RGB", "L"):
            image = _decode_plain(data, width, height)
        else:
            if kind == "JPEG":
                _from_jpeg(data, "CMYK")  # Pillow would fill what is missing with grey.
            image = _decode_other(picture)
    return Opened(_upright(image, orientation), captured_at)


def _decode_plain(data: bytes, width: int, height: int) -> Image:
    """The common case, by libjpeg-turbo: scales while decoding, frees the interpreter."""
    longer = max(width, height)
    shrink = 2 ** min(3, max(0, math.floor(math.log2(longer / WORK_SIDE)))) if longer > WORK_SIDE else 1
    # The largest factor that leaves at least this much is the factor wanted; 0 leaves the picture as it is.
    least = (-(-height // shrink), -(-width // shrink)) if shrink > 1 else (0, 0)
    return _from_jpeg(data, "RGB", min_height=least[0], min_width=least[1])


def _from_jpeg(data: bytes, colours: str, **options: int) -> Image:
    """Decoded only if all of it is there: libjpeg itself fills what is missing with grey and warns."""
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, colours, **options), np.uint8)
    except ValueError as error:
        if _MISSING.search(str(error)):
            raise _incomplete() from error
        if _DAMAGED.search(str(error)):
            raise ImageRefused from error
    return np.asarray(simplejpeg.decode_jpeg(data, colours, strict=False, **options), np.uint8)


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
