"""Polygons from one map to another: what is straight on the first is slightly bent on the second.

A side of 1 km drawn on a GCJ-02 map bends by up to 6 cm in WGS-84; sides are split until less than 1 cm is
left.
"""

import math
from collections.abc import Callable

# Rounding degrees to 1e-7° already costs 1 cm; a bend below that is not worth a vertex.
_BEND_M = 0.01
# The shift waves with a period of 37 km: a long side may bend both ways and still pass through its middle.
_LONGEST_M = 2_000.0
# Sixteen thousand sides out of one is far beyond any fence that passes the checks.
_DEPTH = 14

Position = tuple[float, float]
Ring = list[Position]
Rings = list[list[Ring]]
Mapper = Callable[[float, float], Position]


def mapped(rings: Rings, mapper: Mapper, *, unit_m: float) -> Rings:
    """The rings on another map; `unit_m` is the length of that map's unit."""
    return [[_mapped_ring(ring, mapper, unit_m) for ring in polygon] for polygon in rings]


def _mapped_ring(ring: Ring, mapper: Mapper, unit_m: float) -> Ring:
    images = [mapper(*point) for point in ring]
    out = [images[0]]
    for i in range(len(ring) - 1):
        out.extend(_mapped_side(ring[i], ring[i + 1], images[i], images[i + 1], mapper, unit_m, depth=_DEPTH))
    return out


def _mapped_side(
    a: Position,
    b: Position,
    image_a: Position,
    image_b: Position,
    mapper: Mapper,
    unit_m: float,
    *,
    depth: int,
) -> Ring:
    """The side's points after `image_a`: `image_b`, preceded by more where a straight line would be off."""
    middle = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    image = mapper(*middle)
    bend = math.hypot(image[0] - (image_a[0] + image_b[0]) / 2, image[1] - (image_a[1] + image_b[1]) / 2)
    is_straight = bend * unit_m <= _BEND_M and math.dist(image_a, image_b) * unit_m <= _LONGEST_M
    if depth == 0 or is_straight:
        return [image_b]
    first = _mapped_side(a, middle, image_a, image, mapper, unit_m, depth=depth - 1)
    return first + _mapped_side(middle, b, image, image_b, mapper, unit_m, depth=depth - 1)
