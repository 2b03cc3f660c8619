"""Many fixes at once, for re-judging stored attempts after a limit changed and for looking across attempts.

The same rules, frames and formulas as `judge`, over arrays; a test holds the two together. What is only for
words (hints, bearing, wrong-datum diagnosis) is left to `judge`, for the few rows somebody wants explained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.datums import SHIFTED_LAT, SHIFTED_LNG, Datum, FloatArray, convert
from geo.fences import Fence
from geo.fixes import Limits, coordinate_fault
from geo.shapes import match_rate_many
from geo.verdicts import DEFAULT_LIMITS, Verdict

# Rows worked on at a time: the intermediate arrays of this many stay in the processor's cache.
_BLOCK = 16_384
VERDICTS = (Verdict.INSIDE, Verdict.OUTSIDE, Verdict.CANNOT_TELL)


class Fault(IntFlag):
    """The reasons of `judge` as bits; the names are their codes in capitals."""

    COORDINATES_NOT_FINITE = 1
    NULL_ISLAND = 2
    SCALED_INTEGERS_SUSPECTED = 4
    AXES_SWAPPED_SUSPECTED = 8
    LATITUDE_OUT_OF_RANGE = 16
    LONGITUDE_OUT_OF_RANGE = 32
    ACCURACY_NOT_FINITE = 64
    ACCURACY_NEGATIVE = 128
    ACCURACY_ZERO = 256
    ACCURACY_TOO_LOW = 512
    CAPTURED_AT_MISSING = 1024
    POSITION_TOO_OLD = 2048
    POSITION_IN_FUTURE = 4096
    OUTSIDE_FENCE = 8192


_UNREADABLE = 63
_UNUSABLE = Fault.OUTSIDE_FENCE - 1


@dataclass(frozen=True, slots=True)
class ManyVerdicts:
    """One row a fix. `verdict` indexes `VERDICTS`; `faults` holds bits of `Fault`.

    `edge_distance_m` is negative inside and NaN where the degrees could not be read; with several fences it
    is that of the nearest one, whose place in the list is `fence`, or infinity and -1 with none in reach.
    `match_rate` is NaN where the accuracy or the degrees could not be read.
    """

    verdict: NDArray[np.uint8]
    edge_distance_m: FloatArray
    match_rate: FloatArray
    fence: NDArray[np.intp]
    faults: NDArray[np.uint16]

    def codes(self, row: int) -> tuple[str, ...]:
        """The reason codes of one row, as `judge` names them."""
        return tuple(fault.name.lower() for fault in Fault(int(self.faults[row])) if fault.name)


def judge_many(
    lng: ArrayLike,
    lat: ArrayLike,
    fences: Fence | Sequence[Fence],
    *,
    datum: Datum | str,
    accuracy_m: ArrayLike,
    age_s: ArrayLike,
    limits: Limits = DEFAULT_LIMITS,
    which: ArrayLike | None = None,
    reach_m: float = 1_000.0,
) -> ManyVerdicts:
    """Judge fixes given as arrays (n,) of degrees in one datum, accuracies in metres and ages in seconds.

    Against one fence; or row by row against `fences[which]`; or, without `which`, each against the nearest
    of the fences within `reach_m`, found with an STRtree. Scalars are broadcast; NaN stands for what is
    missing. Raises IndexError if `which` names no fence, ValueError for arrays of more dimensions.
    """
    columns = [np.atleast_1d(np.asarray(c, dtype=np.float64)) for c in (lng, lat, accuracy_m, age_s)]
    x, y, accuracy, age = (np.ascontiguousarray(column) for column in np.broadcast_arrays(*columns))
    if x.ndim != 1:
        raise ValueError(f"fixes are rows of one dimension, got {x.ndim}")
    faults = _coordinate_faults(x, y) | _accuracy_faults(accuracy, limits) | _age_faults(age, limits)
    readable = (faults & _UNREADABLE) == 0
    place = _to_wgs84(x, y, Datum(datum))
    found = _Found(np.full(x.shape, np.nan), np.full(x.shape, np.nan), np.full(x.shape, -1, dtype=np.intp))
    usable_accuracy = np.where((accuracy > 0) & np.isfinite(accuracy), accuracy, np.nan)
    fence_list = list(fences) if isinstance(fences, Sequence) else [fences]
    for j, rows in _assignments(place, fence_list, which, np.flatnonzero(readable), reach_m):
        _measure(fence_list[j], j, rows, place, usable_accuracy, found)
    nowhere = readable & (found.fence < 0)
    found.edge[nowhere] = np.inf
    found.rate[nowhere & ~np.isnan(usable_accuracy)] = 0.0
    return _verdicts(found, faults)


@dataclass(frozen=True, slots=True)
class _Place:
    """Positions in WGS-84 degrees."""

    lng: FloatArray
    lat: FloatArray


@dataclass(frozen=True, slots=True)
class _Found:
    """What has been measured so far, a row a fix."""

    edge: FloatArray
    rate: FloatArray
    fence: NDArray[np.intp]


def _to_wgs84(x: FloatArray, y: FloatArray, datum: Datum) -> _Place:
    place = _Place(np.empty_like(x), np.empty_like(y))
    for block in _blocks(len(x)):
        place.lng[block], place.lat[block] = convert(x[block], y[block], datum, Datum.WGS84)
    return place


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))


def _verdicts(found: _Found, faults: NDArray[np.uint16]) -> ManyVerdicts:
    decided = (faults & _UNUSABLE) == 0
    outside = found.edge > 0
    verdict = np.where(decided, outside, 2).astype(np.uint8)
    faults[outside & (decided | (found.rate == 0.0))] |= np.uint16(Fault.OUTSIDE_FENCE)
    return ManyVerdicts(verdict, found.edge, found.rate, found.fence, faults)


def _measure(
    fence: Fence, j: int, rows: NDArray[np.intp], place: _Place, accuracy: FloatArray, found: _Found
) -> None:
    """Measure these rows against one fence and keep what is nearer than what is known."""
    shape = fence.shape
    x, y = shape.frame.to_metres_many(place.lng[rows], place.lat[rows])
    edge = shape.edge_distance_many(x, y)
    rate = match_rate_many(shape, x, y, edge, accuracy[rows])
    nearer = ~(found.edge[rows] <= edge)  # True also where nothing is known yet, which is NaN.
    kept = rows[nearer]
    found.edge[kept], found.rate[kept], found.fence[kept] = edge[nearer], rate[nearer], j


def _assignments(
    place: _Place,
    fences: list[Fence],
    which: ArrayLike | None,
    rows: NDArray[np.intp],
    reach_m: float,
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Pairs of a fence's index and the rows to be measured against it, in blocks."""
    if which is None and len(fences) == 1:
        yield from ((0, rows[block]) for block in _blocks(len(rows)))
        return
    if which is not None:
        chosen = np.broadcast_to(np.asarray(which, dtype=np.intp), place.lng.shape)[rows]
    else:
        rows, chosen = _candidates(place, fences, rows, reach_m)
    if len(rows) == 0:
        return
    order = np.argsort(chosen, kind="stable")
    numbers, starts = np.unique(chosen[order], return_index=True)
    for j, group in zip(numbers, np.split(rows[order], starts[1:]), strict=True):
        if not 0 <= j < len(fences):
            raise IndexError(f"which names fence {j}, but there are {len(fences)}")
        yield from ((int(j), group[block]) for block in _blocks(len(group)))


def _candidates(
    place: _Place, fences: list[Fence], rows: NDArray[np.intp], reach_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and the fences whose boxes, widened by `reach_m`, hold them: an STRtree in WGS-84 degrees."""
    tree = shapely.STRtree([shapely.box(*_box(fence, reach_m)) for fence in fences])
    found, chosen = tree.query(shapely.points(place.lng[rows], place.lat[rows]))
    return rows[found], chosen.astype(np.intp)


def _box(fence: Fence, reach_m: float) -> tuple[float, float, float, float]:
    west, south, east, north = fence.shape.bounds
    frame = fence.shape.frame
    reach = reach_m * 1.01 + 1.0  # Slack for the box's sides being bent in degrees.
    corners = [
        frame.to_degrees(a, b) for a in (west - reach, east + reach) for b in (south - reach, north + reach)
    ]
    lngs, lats = zip(*corners, strict=True)
    return min(lngs), min(lats), max(lngs), max(lats)


def _coordinate_faults(x: FloatArray, y: FloatArray) -> NDArray[np.uint16]:
    faults = np.zeros(x.shape, dtype=np.uint16)
    # Degrees inside the rectangle around China have none of the faults: only the others are looked at singly.
    sound = (x >= SHIFTED_LNG[0]) & (x <= SHIFTED_LNG[1]) & (y >= SHIFTED_LAT[0]) & (y <= SHIFTED_LAT[1])
    for row in np.flatnonzero(~sound):
        reason = coordinate_fault(x[row], y[row])
        if reason is not None:
            faults[row] = Fault[reason.code.upper()]
    return faults


def _accuracy_faults(accuracy: FloatArray, limits: Limits) -> NDArray[np.uint16]:
    if ((accuracy > 0) & (accuracy <= limits.accuracy_m)).all():
        return np.zeros(accuracy.shape, dtype=np.uint16)
    return _flags(
        [~np.isfinite(accuracy), accuracy < 0, accuracy == 0, accuracy > limits.accuracy_m],
        [Fault.ACCURACY_NOT_FINITE, Fault.ACCURACY_NEGATIVE, Fault.ACCURACY_ZERO, Fault.ACCURACY_TOO_LOW],
    )


def _age_faults(age: FloatArray, limits: Limits) -> NDArray[np.uint16]:
    if ((age <= limits.age_s) & (age >= -limits.future_s)).all():
        return np.zeros(age.shape, dtype=np.uint16)
    return _flags(
        [~np.isfinite(age), age > limits.age_s, age < -limits.future_s],
        [Fault.CAPTURED_AT_MISSING, Fault.POSITION_TOO_OLD, Fault.POSITION_IN_FUTURE],
    )


def _flags(conditions: list[Any], flags: list[Fault]) -> NDArray[np.uint16]:
    return np.select(conditions, [np.uint16(flag) for flag in flags], default=np.uint16(0)).astype(np.uint16)
