"""Files by their SHA-256. Writing the same bytes twice is the same file, so a retry does no harm."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.store import ObjectStore, from_url

from registry.errors import NotFound

CHUNK = 1024 * 1024


class FileMissing(NotFound):
    """The row names a file that the store does not hold."""

    code = "file_missing"
    message = "文件不存在或已按期限删除"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a row keeps of a file."""

    sha256: str
    size: int
    media_type: str


class EvidenceStore:
    """Content-addressed files in an object store."""

    def __init__(self, store: ObjectStore) -> None:
        """Use the given store."""
        self._store = store

    @classmethod
    def open(cls, url: str) -> "EvidenceStore":
        """Open `file:///…`, a plain folder, or `s3://bucket/prefix` (credentials from the environment)."""
        if "://" not in url:
            Path(url).mkdir(parents=True, exist_ok=True)
            url = Path(url).resolve().as_uri()
        return cls(from_url(url))

    def put(self, data: bytes, *, media_type: str) -> StoredFile:
        """Store the bytes under their digest and return what a row should keep."""
        digest = hashlib.sha256(data).hexdigest()
        obstore.put(self._store, _path(digest), data)
        return StoredFile(digest, len(data), media_type)

    def put_file(self, file: BinaryIO, *, media_type: str) -> StoredFile:
        """Store a large, seekable file without holding it in memory."""
        file.seek(0)
        digest = hashlib.sha256()
        while block := file.read(CHUNK):
            digest.update(block)
        size = file.tell()
        file.seek(0)
        obstore.put(self._store, _path(digest.hexdigest()), file)
        return StoredFile(digest.hexdigest(), size, media_type)

    def get(self, sha256: str) -> bytes:
        """The bytes, checked against their digest.

        Raises:
            FileMissing: The store does not hold them, or holds something else under that name.
        """
        try:
            data = bytes(obstore.get(self._store, _path(sha256)).bytes())
        except FileNotFoundError:
            raise FileMissing from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileMissing(code="file_altered", message="文件内容与登记的摘要不符")
        return data

    def delete(self, sha256: str) -> None:
        """Erase the bytes; that they are already gone is fine."""
        try:
            obstore.delete(self._store, _path(sha256))
        except FileNotFoundError:
            return


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
