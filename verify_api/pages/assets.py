"""Static files under names that carry their content's digest, so that they may be cached for ever."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Response

from registry.errors import NotFound

FOLDER = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    media_type: str
    data: bytes


def _load(file: Path) -> Asset:
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()[:12]
    guessed = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Asset(f"{file.stem}.{digest}{file.suffix}", guessed, data)


_ASSETS = {file.name: _load(file) for file in sorted(FOLDER.iterdir()) if file.is_file()}
_SERVED = {asset.name: asset for asset in _ASSETS.values()}

router = APIRouter(include_in_schema=False)


def asset_url(name: str) -> str:
    """Where a file of `static/` is served; a name that does not exist is a mistake of ours."""
    return f"/static/{_ASSETS[name].name}"


@router.get("/static/{name}")
def serve(name: str) -> Response:
    """A static file. Its name changes with its content, so browsers need never ask again."""
    asset = _SERVED.get(name)
    if asset is None:
        raise NotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(asset.data, media_type=asset.media_type, headers=headers)
