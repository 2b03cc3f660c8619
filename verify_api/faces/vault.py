"""Protection of vectors at rest: sealed for use, turned by a secret orthogonal transform for search.

Distances survive the transform, so an index can find neighbours; without the key the stored numbers are a
random rotation of the embedding. It is linear: somebody who holds the table *and* as many raw vectors of
known rows as there are dimensions can solve for it. It protects a stolen dump, not a stolen server.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.crypto import Keyring, Unreadable
from registry.errors import Invalid

PURPOSE = "face template"

Vector = npt.NDArray[np.float32]


class VectorUnusable(Invalid):
    """Not a vector of finite numbers."""

    code = "embedding_unusable"
    message = "照片的特征无法使用，请重新拍摄"


def seal(keyring: Keyring, vector: npt.ArrayLike) -> bytes:
    """The vector under the current key.

    Raises:
        VectorUnusable: Not one-dimensional, empty, or not finite.
    """
    return keyring.seal(_checked(vector).astype("<f4").tobytes(), purpose=PURPOSE)


def unseal(keyring: Keyring, sealed: bytes) -> Vector:
    """The vector back.

    Raises:
        registry.crypto.Unreadable: Unknown key or altered bytes.
    """
    return np.frombuffer(keyring.open(sealed, purpose=PURPOSE), "<f4").astype(np.float32)


def protect(keyring: Keyring, vector: npt.ArrayLike, *, key_id: str | None = None) -> Vector:
    """The vector turned by the transform of this key (the current one by default).

    Raises:
        VectorUnusable: As `seal`.
        registry.crypto.Unreadable: There is no such key.
    """
    checked = _checked(vector).astype(np.float64)
    secret = keyring.keys.get(key_id or keyring.current)
    if secret is None:
        raise Unreadable
    return np.asarray(transform(secret, checked.size) @ checked, np.float32)


def _checked(vector: npt.ArrayLike) -> Vector:
    found = np.asarray(vector, np.float32)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise VectorUnusable
    return found


@lru_cache(maxsize=8)
def transform(secret: bytes, dimensions: int) -> npt.NDArray[np.float64]:
    """A uniformly distributed orthogonal matrix (QR of a Gaussian one, Mezzadri 2007) derived from the key.

    The Gaussian numbers come from a cipher's key stream and not from a library's generator, whose stream may
    change from one version to the next and would make every stored row unfindable.
    """
    count = dimensions * dimensions
    uniform = _stream(secret, dimensions, 2 * count).reshape(2, count)
    gaussian = np.sqrt(-2 * np.log(uniform[0])) * np.cos(2 * math.pi * uniform[1])
    q, r = np.linalg.qr(gaussian.reshape(dimensions, dimensions))
    return np.asarray(q * np.sign(np.diag(r)), np.float64)


def _stream(secret: bytes, dimensions: int, count: int) -> npt.NDArray[np.float64]:
    """`count` numbers in (0, 1) from AES-CTR under a key derived for this purpose."""
    info = f"face transform {dimensions}".encode()
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(8 * count))
    return (np.frombuffer(stream, "<u8") / 2.0**64).clip(2.0**-64, 1 - 2.0**-53)
