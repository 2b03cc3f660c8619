"""Hashing and making of passwords: argon2id."""

import secrets
import string

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice for servers: 19 MiB, two passes, one lane. More memory would let strangers fill ours.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What an unknown account is checked against, so that the answer takes as long as for a known one.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))

# Without 0 O 1 l I and other pairs that people mistake when they copy from an SMS.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789"
_ONE_TIME_LENGTH = 12


def hash_password(password: str) -> str:
    """The argon2id hash, with its salt and parameters."""
    return _HASHER.hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether the password is the hashed one. With None it takes as long and is never true."""
    try:
        return _HASHER.verify(hashed or _NOBODY, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def make_password() -> str:
    """A random one-time password of twelve characters, about 68 bits, three classes, easy to copy."""
    pool = "".join(_LETTERS)
    while True:
        password = "".join(secrets.choice(pool) for _ in range(_ONE_TIME_LENGTH))
        if all(any(ch in letters for ch in password) for letters in _LETTERS):
            return password


def make_code() -> str:
    """Six random digits (SZ-05)."""
    return "".join(secrets.choice(string.digits) for _ in range(6))
