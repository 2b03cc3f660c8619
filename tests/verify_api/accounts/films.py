"""Smallest files of the containers that are accepted: headers without pictures."""

import struct


def box(kind: bytes, body: bytes) -> bytes:
    """One ISO base media box."""
    return struct.pack(">I4s", 8 + len(body), kind) + body


def wide_box(kind: bytes, body: bytes) -> bytes:
    """One box with a 64-bit length."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def mvhd(seconds: float, *, scale: int = 1000, version: int = 0) -> bytes:
    """A movie header."""
    length = int(seconds * scale)
    if version == 1:
        return box(b"mvhd", struct.pack(">B3xQQIQ", 1, 0, 0, scale, length) + bytes(80))
    return box(b"mvhd", struct.pack(">B3xIIII", 0, 0, 0, scale, length) + bytes(80))


def film(
    seconds: float = 30.0, *, brand: bytes = b"isom", version: int = 0, moov_last: bool = False
) -> bytes:
    """A film of the given length."""
    head = box(b"ftyp", brand + bytes(4) + brand)
    moov, mdat = box(b"moov", mvhd(seconds, version=version)), box(b"mdat", bytes(64))
    return head + (mdat + moov if moov_last else moov + mdat)


def fragmented(seconds: float) -> bytes:
    """A film whose length stands in the extends header."""
    mehd = box(b"mehd", struct.pack(">B3xI", 0, int(seconds * 1000)))
    return box(b"ftyp", b"iso5" + bytes(4)) + box(b"moov", mvhd(0) + box(b"mvex", mehd))


JPEG = bytes.fromhex("ffd8ffe000104a46494600") + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
PDF = b"%PDF-1.7\n" + bytes(100)
