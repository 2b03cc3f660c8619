"""What a file is, told from its bytes."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify_api.accounts.films import JPEG, PDF, PNG, box, film, fragmented, mvhd, wide_box
from verify_api.accounts.media import MEGABYTE, Video, WrongFile, document_type, video_of
from verify_api.policy.values import Uploads

RULE = Uploads()


def _video(data: bytes) -> Video:
    return video_of(io.BytesIO(data), size=len(data), rule=RULE)


@pytest.mark.rule("SZ-10")
@pytest.mark.parametrize(
    ("head", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (PDF, "application/pdf")]
)
def test_a_licence_is_known_by_its_first_bytes(head: bytes, media_type: str) -> None:
    assert document_type(head[:16], size=len(head), rule=RULE) == media_type


@pytest.mark.parametrize(
    ("head", "size", "code"),
    [
        (b"", 0, "file_empty"),
        (JPEG, 10 * MEGABYTE, None),
        (JPEG, 10 * MEGABYTE + 1, "file_too_large"),
        (b"GIF89a", 100, "file_type_not_accepted"),
        (b"<html><script>", 100, "file_type_not_accepted"),
        (b"<svg onload=", 100, "file_type_not_accepted"),
        (b" %PDF-1.7", 100, "file_type_not_accepted"),
    ],
)
def test_what_is_no_licence_is_refused_by_name(head: bytes, size: int, code: str | None) -> None:
    if code is None:
        assert document_type(head, size=size, rule=RULE)
        return
    with pytest.raises(WrongFile) as refused:
        document_type(head, size=size, rule=RULE)
    assert refused.value.code == code


@pytest.mark.rule("SZ-11")
@pytest.mark.parametrize(
    ("data", "media_type", "seconds"),
    [
        (film(30), "video/mp4", 30),
        (film(30, brand=b"qt  "), "video/quicktime", 30),
        (film(45.5, version=1), "video/mp4", 45.5),
        (film(20, moov_last=True), "video/mp4", 20),
        (fragmented(60), "video/mp4", 60),
        (film(10), "video/mp4", 10),
        (film(180), "video/mp4", 180),
        (box(b"ftyp", b"isom" + bytes(4)) + wide_box(b"moov", mvhd(12)), "video/mp4", 12),
    ],
)
def test_a_video_tells_its_container_and_length(data: bytes, media_type: str, seconds: float) -> None:
    assert _video(data) == Video(media_type, pytest.approx(seconds))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_type_not_accepted"),
        (b"\x1aE\xdf\xa3webm", "file_type_not_accepted"),
        (b"<html>" * 20, "file_type_not_accepted"),
        (film(9.9), "video_length_not_accepted"),
        (film(180.1), "video_length_not_accepted"),
        (film(30)[:60], "video_unreadable"),  # cut short
        (film(0), "video_unreadable"),
        (box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(9)), "video_unreadable"),
        (box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", mvhd(30, scale=0)), "video_unreadable"),
        (box(b"ftyp", b"isom" + bytes(4)) + struct.pack(">I4s", 4, b"moov"), "video_unreadable"),
    ],
)
def test_what_is_no_video_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(WrongFile) as refused:
        _video(data)
    assert refused.value.code == code


def test_a_video_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(WrongFile) as refused:
        video_of(io.BytesIO(film(30)), size=200 * MEGABYTE + 1, rule=RULE)
    assert refused.value.code == "file_too_large"


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reading(noise: bytes) -> None:
    for data in (noise, film(30)[:24] + noise, box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", noise)):
        try:
            answer = _video(data)
        except WrongFile:
            continue
        assert 10 <= answer.duration_s <= 180
