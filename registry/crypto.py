"""Keys of the installation and what is done with them: sealing, digests for look-ups, signed tokens."""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import Unavailable


class Unreadable(Unavailable):
    """The bytes were sealed under a key that is not here, or were altered."""

    code = "sealed_data_unreadable"
    message = "加密数据无法解密，请联系系统管理员"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Data keys by id; the last one seals, all of them open. Rotation is adding one at the end."""

    keys: dict[str, bytes]

    @property
    def current(self) -> str:
        """Id of the key that seals."""
        return list(self.keys)[-1]

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        """AES-256-GCM; the purpose is authenticated, so bytes of one column do not open in another."""
        name = self.current
        nonce = os.urandom(12)
        head = bytes([len(name)]) + name.encode()
        return head + nonce + AESGCM(self.keys[name]).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """The plain bytes.

        Raises:
            Unreadable: Unknown key, other purpose, or altered bytes.
        """
        size = sealed[0] if sealed else 0
        key = self.keys.get(sealed[1 : 1 + size].decode("ascii", "replace"))
        if key is None:
            raise Unreadable
        nonce, body = sealed[1 + size : 13 + size], sealed[13 + size :]
        try:
            return AESGCM(key).decrypt(nonce, body, purpose.encode())
        except (InvalidTag, ValueError):
            raise Unreadable from None

    def digest(self, text: str, *, purpose: str) -> str:
        """Keyed digest for equality look-ups. Always under the first key: look-ups must survive rotation."""
        first = next(iter(self.keys.values()))
        return hmac.new(first, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def load_keyring(given: str, folder: Path) -> Keyring:
    """Keys as `id:base64,id:base64`; if none are given, one is made and kept in `folder` (mode 0600)."""
    if not given:
        given = _own_key(folder / "data.key")
    pairs = (part.split(":", 1) for part in given.split(","))
    return Keyring({name: base64.b64decode(value) for name, value in pairs})


def _own_key(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "k1:" + base64.b64encode(os.urandom(32)).decode()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(handle, "w") as out:
        out.write(text)
    return text


def canonical(value: object) -> bytes:
    """JSON with one spelling, for digests."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
