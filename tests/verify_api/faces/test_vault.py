"""Vectors at rest: sealed, turned so that distances survive, unreadable without the key."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.crypto import Keyring, Unreadable
from verify_api.faces import vault

RING = Keyring({"k1": bytes(range(32))})
OTHER = Keyring({"k1": bytes(32)})


# A change here would make every stored template unfindable.
FIXED = [
    [-0.751208, 0.49878, -0.033614, 0.431016],
    [0.096358, -0.274636, 0.78493, 0.54697],
    [0.629945, 0.448788, -0.306805, 0.554644],
    [0.171962, 0.688755, 0.537239, -0.455434],
]


def vector(seed: int, size: int = 128) -> np.ndarray:
    """A vector like an embedding."""
    return (np.random.default_rng(seed).standard_normal(size) * 0.1).astype(np.float32)


@pytest.mark.parametrize("size", [16, 128, 512])
def test_distances_and_lengths_survive_the_transform(size: int) -> None:
    one, other = vector(1, size), vector(2, size)
    turned = [vault.protect(RING, v) for v in (one, other)]
    assert np.linalg.norm(turned[0] - turned[1]) == pytest.approx(np.linalg.norm(one - other), abs=1e-5)
    assert np.linalg.norm(turned[0]) == pytest.approx(np.linalg.norm(one), abs=1e-5)


def test_the_transform_is_orthogonal_deterministic_and_secret() -> None:
    turn = vault.transform(RING.keys["k1"], 128)
    assert np.abs(turn @ turn.T - np.eye(128)).max() < 1e-12
    assert np.array_equal(turn, vault.transform.__wrapped__(RING.keys["k1"], 128))
    apart = np.abs(turn - vault.transform(OTHER.keys["k1"], 128))
    assert apart.mean() > 0.05


def test_the_transform_never_changes_between_versions() -> None:
    assert vault.transform(bytes(range(32)), 4).round(6).tolist() == FIXED


def test_the_turned_vector_says_nothing_plain_about_the_raw_one() -> None:
    raw = vector(3)
    turned = vault.protect(RING, raw)
    assert abs(float(np.corrcoef(raw, turned)[0, 1])) < 0.3
    assert np.abs(turned - raw).max() > 0.05


def test_what_is_sealed_opens_with_the_key_only() -> None:
    raw = vector(4)
    sealed = vault.seal(RING, raw)
    assert raw.tobytes() not in sealed
    assert np.array_equal(vault.unseal(RING, sealed), raw)
    with pytest.raises(Unreadable):
        vault.unseal(OTHER, sealed)
    with pytest.raises(Unreadable):
        vault.unseal(RING, sealed[:-1] + bytes([sealed[-1] ^ 1]))


@given(st.lists(st.floats(width=32), max_size=8))
def test_only_vectors_of_finite_numbers_are_kept(values: list[float]) -> None:
    if values and all(math.isfinite(v) for v in values):
        assert vault.unseal(RING, vault.seal(RING, values)).tolist() == np.float32(values).tolist()
    else:
        for keep in (vault.seal, vault.protect):
            with pytest.raises(vault.VectorUnusable):
                keep(RING, values)


def test_a_table_is_no_vector() -> None:
    with pytest.raises(vault.VectorUnusable):
        vault.seal(RING, [[1.0, 2.0]])
