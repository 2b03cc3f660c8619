"""The image door: what is no picture is refused by name, what is one comes in upright."""

import io

import numpy as np
import pytest
from PIL import Image as Pictures

from tools.portraits import attacks
from verify_api.faces.images import MAX_BYTES, MAX_PIXELS, ImageRefused, open_image, open_picture


def _saved(picture: Pictures.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _scene(width: int = 120, height: int = 90) -> Pictures.Image:
    """Red left half, blue right half, a green corner at the top left."""
    picture = Pictures.new("RGB", (width, height), (200, 30, 30))
    picture.paste((30, 30, 200), (width // 2, 0, width, height))
    picture.paste((30, 200, 30), (0, 0, width // 4, height // 4))
    return picture


JPEG = _saved(_scene(), "JPEG", quality=95)
PNG = _saved(_scene(), "PNG")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "unreadable"),
        (b"\xff\xd8\xff", "truncated"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (JPEG[:-2], "truncated"),
        (JPEG[: len(JPEG) // 2], "truncated"),
        (PNG[: len(PNG) // 2], "truncated"),
        (_saved(_scene(), "GIF"), "unsupported_format"),
        (_saved(_scene(), "WEBP"), "unsupported_format"),
        (_saved(_scene(), "BMP"), "unsupported_format"),
        (_saved(_scene(63, 200), "PNG"), "image_too_small"),
        (attacks.many_pixels(40), "too_many_pixels"),
        (b"\xff\xd8\xff" + bytes(MAX_BYTES), "file_too_large"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(17) + b"\0\0\0\0IEND1234", "unreadable"),
    ],
)
def test_what_is_no_usable_picture_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        open_image(data)
    assert refused.value.code == code
    assert refused.value.message and refused.value.hint


def _cut(data: bytes, share: float) -> bytes:
    """The first part of the file with a forged end, as some broken uploads and every forger leave it."""
    end = b"\xff\xd9" if data.startswith(b"\xff\xd8") else PNG[-12:]
    return data[: int(len(data) * share)] + end


NOISY = Pictures.fromarray(np.random.default_rng(5).integers(0, 256, (240, 320, 3), dtype=np.uint8))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.97, 0.999])
@pytest.mark.parametrize(
    "whole",
    [
        _saved(NOISY, "JPEG", quality=90),
        _saved(NOISY, "JPEG", quality=90, progressive=True),
        _saved(NOISY, "JPEG", quality=90, restart_marker_rows=1),
        _saved(NOISY.convert("L"), "JPEG", quality=90),
        _saved(NOISY.convert("CMYK"), "JPEG", quality=90),
        _saved(Pictures.new("RGB", (2400, 1800), (90, 90, 90)), "JPEG", quality=90),
        _saved(NOISY, "PNG"),
    ],
    ids=["baseline", "progressive", "restarts", "grey", "cmyk", "reduced", "png"],
)
def test_a_picture_cut_off_under_a_forged_end_is_refused(whole: bytes, share: float) -> None:
    assert open_image(whole).ndim == 3
    with pytest.raises(ImageRefused) as refused:
        open_image(_cut(whole, share))
    assert refused.value.code in ("truncated", "unreadable")
    assert refused.value.code == "truncated" or share < 0.5 or whole.startswith(PNG[:4])


def _bordered(colour: int) -> Pictures.Image:
    """A picture whose lower half is one even colour, the grey included with which decoders fill."""
    picture = NOISY.copy()
    picture.paste((colour,) * 3, (0, 120, 320, 240))
    return picture


@pytest.mark.parametrize(
    "data",
    [
        *(_saved(_bordered(colour), "JPEG", quality=90) for colour in (0, 128, 255)),
        _saved(_bordered(128), "JPEG", quality=90, progressive=True),
        _saved(NOISY, "JPEG", quality=90, restart_marker_blocks=3),
        _saved(NOISY, "JPEG", quality=90, exif=b"Exif\0\0" + JPEG),
        _saved(NOISY, "JPEG", quality=90)[:-2] + bytes(7) + b"\xff\xd9",
    ],
    ids=["black", "grey", "white", "grey progressive", "restarts", "thumbnail", "padding"],
)
def test_a_whole_picture_opens_however_even_or_odd_it_is(data: bytes) -> None:
    assert open_image(data).shape == (240, 320, 3)


def test_a_bomb_is_refused_before_its_pixels_are_decoded() -> None:
    bomb = attacks.many_pixels(200)  # Far above Pillow's own limit, whose warning must not surface.
    assert len(bomb) < 4 * 2**20
    with pytest.raises(ImageRefused) as refused:
        open_image(bomb)
    assert refused.value.code == "too_many_pixels"


def test_the_largest_picture_allowed_is_opened_smaller() -> None:
    side = int(MAX_PIXELS**0.5)
    opened = open_image(_saved(Pictures.new("RGB", (side, side), (9, 90, 200)), "JPEG", quality=30))
    assert opened.shape[0] == opened.shape[1] < side
    assert opened.shape[0] >= 1600
    assert np.abs(opened.reshape(-1, 3).mean(axis=0) - (9, 90, 200)).max() < 4


@pytest.mark.parametrize("data", [JPEG, PNG], ids=["jpeg", "png"])
def test_colours_come_in_red_green_blue_order(data: bytes) -> None:
    image = open_image(data)
    assert image.shape == (90, 120, 3) and image.dtype == np.uint8
    assert image[60, 10].argmax() == 0 and image[5, 5].argmax() == 1 and image[60, 100].argmax() == 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_ends_upright(orientation: int) -> None:
    undo = {
        2: [Pictures.Transpose.FLIP_LEFT_RIGHT], 3: [Pictures.Transpose.ROTATE_180],
        4: [Pictures.Transpose.FLIP_TOP_BOTTOM], 5: [Pictures.Transpose.TRANSPOSE],
        6: [Pictures.Transpose.ROTATE_90], 7: [Pictures.Transpose.TRANSVERSE],
        8: [Pictures.Transpose.ROTATE_270],
    }  # fmt: skip
    stored = _scene()
    for step in undo.get(orientation, []):
        stored = stored.transpose(step)
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    image = open_image(_saved(stored, "JPEG", quality=95, exif=exif))
    assert image.shape == (90, 120, 3)
    assert image[60, 10].argmax() == 0 and image[5, 5].argmax() == 1 and image[60, 100].argmax() == 2


@pytest.mark.parametrize(
    "data",
    [
        _saved(_scene().convert("L"), "JPEG"),
        _saved(_scene().convert("CMYK"), "JPEG"),
        _saved(_scene().convert("P"), "PNG"),
        _saved(_scene().convert("RGBA"), "PNG"),
        _saved(_scene().convert("LA"), "PNG"),
        _saved(_scene().convert("1"), "PNG"),
        _saved(Pictures.fromarray((np.arange(120 * 90).reshape(90, 120) * 6).astype(np.uint16)), "PNG"),
    ],
    ids=["grey", "cmyk", "palette", "alpha", "grey alpha", "one bit", "sixteen bit"],
)
def test_every_kind_of_pixel_becomes_three_bytes(data: bytes) -> None:
    image = open_image(data)
    assert image.shape == (90, 120, 3) and image.dtype == np.uint8
    assert image.std() > 5


def test_what_is_transparent_counts_as_white() -> None:
    clear = Pictures.new("RGBA", (100, 100), (0, 0, 0, 0))
    assert open_image(_saved(clear, "PNG")).min() == 255


def test_sixteen_bit_grey_keeps_its_range() -> None:
    ramp = np.tile(np.linspace(0, 65535, 100).astype(np.uint16), (100, 1))
    image = open_image(_saved(Pictures.fromarray(ramp), "PNG"))
    assert image[0, 0].max() <= 2 and image[0, -1].min() >= 253


def test_bytes_behind_the_end_of_a_picture_do_no_harm() -> None:
    assert open_image(JPEG + b"trailer of some phone").shape == (90, 120, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2025:03:01 08:30:00", "2025-03-01T08:30:00+08:00"), ("not a time", None), ("", None)],
)
def test_the_capture_time_is_read_as_shanghai_time(text: str, expected: str | None) -> None:
    opened = open_picture(attacks.with_exif(JPEG, captured=text) if text else JPEG)
    assert (opened.captured_at.isoformat() if opened.captured_at else None) == expected
