"""Stored files as answers. What a stranger uploaded is never run in our pages."""

import re

from fastapi import Response

from verify_api.evidence.store import EvidenceStore

# Shown in the browser only if nothing in them can act; everything else is downloaded.
_SHOWN = frozenset({"image/jpeg", "image/png", "video/mp4", "video/quicktime"})
_SEALED = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


def shown_file(
    evidence: EvidenceStore, sha256: str, media_type: str, *, name: str = "", part: str = ""
) -> Response:
    """An uploaded file under the type it was found to be of, in a sandbox, or as a download.

    `part` is the Range header of the request: browsers play a film by asking for parts of it.
    """
    way = "inline" if media_type in _SHOWN else "attachment"
    suffix = media_type.rsplit("/", 1)[-1].replace("quicktime", "mov").replace("jpeg", "jpg")
    headers = {
        "Content-Disposition": f'{way}; filename="{name or sha256[:12]}.{suffix}"',
        "Content-Security-Policy": _SEALED,
        "Cache-Control": "private, no-store",
    }
    data = evidence.get(sha256)
    asked = re.fullmatch(r"bytes=(\d{1,15})-(\d{0,15})", part)
    if asked is None:
        return Response(data, media_type=media_type, headers=headers | {"Accept-Ranges": "bytes"})
    first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
    if first > last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, media_type=media_type, headers=headers)


def picture(data: bytes) -> Response:
    """A photograph for officers; anything else than JPEG or PNG is a download nobody can open by mistake."""
    known = {b"\xff\xd8\xff": "image/jpeg", b"\x89PN": "image/png"}.get(data[:3])
    headers = {"Content-Security-Policy": _SEALED, "Cache-Control": "private, no-store"}
    if known is None:
        headers["Content-Disposition"] = "attachment"
    return Response(data, media_type=known or "application/octet-stream", headers=headers)
