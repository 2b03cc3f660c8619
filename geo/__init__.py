"""Pure geometry of a check-in: datums, metres, fences, verdicts, sketches. Knows no people and no cases."""

from geo.bulk import VERDICTS, Fault, ManyVerdicts, judge_many
from geo.datums import Datum, Point, convert, to_datum
from geo.errors import FenceInvalid, GeoError
from geo.fences import CircleFence, Fence, PolygonFence, fence_in, load_fence
from geo.fixes import Fix, Limits, Reason
from geo.history import Sighting, Signal, SignalPolicy, signals, total_risk
from geo.metres import distance_m
from geo.pasted import polygon_from_text
from geo.sketch import sketch
from geo.tiles import TileLayer
from geo.verdicts import PlaceVerdict, Verdict, judge

__all__ = [
    "VERDICTS",
    "CircleFence",
    "Datum",
    "Fault",
    "Fence",
    "FenceInvalid",
    "Fix",
    "GeoError",
    "Limits",
    "ManyVerdicts",
    "PlaceVerdict",
    "Point",
    "PolygonFence",
    "Reason",
    "Sighting",
    "Signal",
    "SignalPolicy",
    "TileLayer",
    "Verdict",
    "convert",
    "distance_m",
    "fence_in",
    "judge",
    "judge_many",
    "load_fence",
    "polygon_from_text",
    "signals",
    "sketch",
    "to_datum",
    "total_risk",
]
