"""`daka geo …`: the place rules from a shell, JSON out. The edge of this package: reads files, clock."""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from geo.datums import Datum, Point, convert
from geo.errors import FenceInvalid
from geo.fences import CircleFence, Fence, PolygonFence, load_fence
from geo.fixes import Fix, Limits
from geo.sketch import sketch
from geo.verdicts import PlaceVerdict, Verdict, judge

_DATUMS = click.Choice([datum.value for datum in Datum])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Pair(click.ParamType[tuple[float, float]]):
    """LNG,LAT in degrees."""

    name = "LNG,LAT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Two numbers; whether they make sense is for the rules to say."""
        if isinstance(value, tuple):
            return value
        try:
            lng, lat = (float(part) for part in str(value).replace("，", ",").split(","))
        except ValueError:
            self.fail(f"{value!r} is not LNG,LAT (two numbers with a comma, longitude first)", param, ctx)
        return lng, lat


@click.group()
def geo() -> None:
    """Place: judge a position against a fence, convert between datums, draw a sketch."""


@geo.command("judge")
@click.option("--point", type=Pair(), help="The position, longitude first.")
@click.option(
    "--points", type=_FILE, help="CSV with a header: lng,lat and optionally datum,accuracy_m,age_s,id."
)
@click.option("--datum", type=_DATUMS, help="Datum of the position(s).")
@click.option("--accuracy", type=float, help="Accuracy in metres as reported.")
@click.option(
    "--age", type=float, default=0.0, show_default=True, help="Seconds since the position was measured."
)
@click.option("--center", type=Pair(), help="Centre of a circular fence.")
@click.option("--radius", type=float, help="Its radius in metres.")
@click.option(
    "--fence",
    "fence_file",
    type=_FILE,
    help="GeoJSON Polygon/MultiPolygon, or the fence as the phone gets it.",
)
@click.option(
    "--center-datum",
    "--fence-datum",
    "fence_datum",
    type=_DATUMS,
    help="Datum of the fence. A centre takes the position's by default, GeoJSON is WGS-84 (RFC 7946).",
)
@click.option(
    "--max-accuracy",
    type=float,
    default=Limits().accuracy_m,
    show_default=True,
    help="Accuracy limit in metres.",
)
@click.option(
    "--max-age", type=float, default=Limits().age_s, show_default=True, help="Age limit in seconds."
)
@click.option(
    "--sketch",
    "sketch_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write a map sketch (SVG).",
)
@click.pass_context
def judge_command(
    ctx: click.Context,
    point: tuple[float, float] | None,
    points: Path | None,
    datum: str | None,
    accuracy: float | None,
    age: float,
    center: tuple[float, float] | None,
    radius: float | None,
    fence_file: Path | None,
    fence_datum: str | None,
    max_accuracy: float,
    max_age: float,
    sketch_file: Path | None,
) -> None:
    """Say whether a position lies in a fence: inside (exit 0), outside or cannot tell (exit 3).

    With --points, one verdict a line, and exit 0 once all are judged.
    """
    now = datetime.now(UTC)
    fence = _fence(center, radius, fence_file, fence_datum, datum)
    limits = _limits(max_accuracy, max_age)
    if (point is None) == (points is None):
        raise click.UsageError("give either --point or --points")
    if point is not None:
        verdict = judge(_fix(*point, datum, accuracy, age, now), fence, limits=limits, now=now)
        click.echo(_json(verdict.to_mapping()))
        _write_sketch(sketch_file, fence, [verdict])
        ctx.exit(0 if verdict.verdict is Verdict.INSIDE else 3)
    assert points is not None
    verdicts = []
    for row in _rows(points):
        fix = _fix_of(row, datum, accuracy, age, now)
        verdicts.append(judge(fix, fence, limits=limits, now=now))
        named = {"id": row["id"]} if "id" in row else {}
        click.echo(_json(named | verdicts[-1].to_mapping()))
    _write_sketch(sketch_file, fence, verdicts)


# "-0.13,51.5" is a place and not an option.
@geo.command("convert", context_settings={"ignore_unknown_options": True})
@click.option("--from", "source", type=_DATUMS, required=True, help="Datum of what is given.")
@click.option("--to", "target", type=_DATUMS, required=True, help="Datum wanted.")
@click.option("--points", type=_FILE, help="CSV with a header that has lng and lat.")
@click.argument("pairs", nargs=-1, type=Pair(), metavar="LNG,LAT …")
def convert_command(
    source: str, target: str, points: Path | None, pairs: tuple[tuple[float, float], ...]
) -> None:
    """Convert positions between datums: one [lng, lat] a line."""
    if not pairs and points is None:
        raise click.UsageError("give at least one LNG,LAT, or --points")
    from_file = [(_number(row, "lng"), _number(row, "lat")) for row in _rows(points)] if points else []
    for lng, lat in [*pairs, *from_file]:
        if not (math.isfinite(lng) and math.isfinite(lat) and abs(lng) <= 180 and abs(lat) <= 90):
            raise click.UsageError(f"{lng:g},{lat:g} is not a position (longitude first, in degrees)")
        click.echo(_json([round(degrees, 9) for degrees in convert(lng, lat, source, target)]))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _fix(
    lng: float | None,
    lat: float | None,
    datum: str | None,
    accuracy: float | None,
    age: float | None,
    now: datetime,
) -> Fix:
    captured_at = None
    if age is not None and math.isfinite(age):
        # ±30 years are as good as any age beyond, and dates end in the year 9999.
        captured_at = now - timedelta(seconds=max(-1e9, min(1e9, age)))
    return Fix(lng, lat, datum, accuracy, captured_at)  # type: ignore[arg-type]


def _fix_of(
    row: Mapping[str, str], datum: str | None, accuracy: float | None, age: float, now: datetime
) -> Fix:
    """A row's own values win over the options; an empty cell counts as missing."""
    own_accuracy = _cell(row, "accuracy_m") if "accuracy_m" in row else accuracy
    own_age = _cell(row, "age_s") if "age_s" in row else age
    return _fix(_cell(row, "lng"), _cell(row, "lat"), row.get("datum") or datum, own_accuracy, own_age, now)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    # Excel on Windows writes a byte order mark.
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"lng", "lat"} <= set(reader.fieldnames or ()):
                raise click.UsageError(f"{path}: the header needs lng and lat")
            yield from reader
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"{path}: not a CSV file in UTF-8 ({error})") from None


def _cell(row: Mapping[str, str], column: str) -> float | None:
    return _number(row, column) if (row.get(column) or "").strip() else None


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row[column] or "")
    except ValueError:
        raise click.UsageError(f"{column}: {row[column]!r} is not a number") from None


def _limits(max_accuracy: float, max_age: float) -> Limits:
    try:
        return Limits(accuracy_m=max_accuracy, age_s=max_age)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _fence(
    center: tuple[float, float] | None,
    radius: float | None,
    file: Path | None,
    fence_datum: str | None,
    point_datum: str | None,
) -> Fence:
    try:
        if file is not None and center is None and radius is None:
            return _fence_of(_read_json(file), fence_datum)
        if file is None and center is not None and radius is not None:
            datum = fence_datum or point_datum
            if datum is None:
                raise click.UsageError("give --center-datum (or --datum): degrees mean nothing without it")
            return CircleFence(Point(*center, Datum(datum)), radius)
    except FenceInvalid as error:
        raise click.UsageError(f"{error.code}: {error.message}{error.hint}") from None
    raise click.UsageError("give either --center and --radius, or --fence")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise click.UsageError(f"{path}: not a JSON file ({error})") from None


def _fence_of(content: Any, datum: str | None) -> Fence:
    """A fence in our own shape, a GeoJSON geometry, a Feature, or a FeatureCollection of one."""
    if not isinstance(content, Mapping):
        raise FenceInvalid("fence_malformed", "打卡范围的格式不对。")
    if "kind" in content:
        return load_fence({**content, "datum": datum or content.get("datum")})
    properties: Any = {}
    if content.get("type") == "FeatureCollection":
        features = content.get("features")
        if not isinstance(features, list) or len(features) != 1 or not isinstance(features[0], Mapping):
            raise FenceInvalid("features_not_one", "GeoJSON 文件中应当恰好有一个图形。")
        content = features[0]
    if content.get("type") == "Feature":
        properties = content.get("properties") or {}
        content = content.get("geometry")
    said = properties.get("datum") if isinstance(properties, Mapping) else None
    return PolygonFence(content, Datum(datum) if datum else said or Datum.WGS84)


def _write_sketch(path: Path | None, fence: Fence, verdicts: list[PlaceVerdict]) -> None:
    if path is None:
        return
    try:
        path.write_text(sketch(fence, verdicts), encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(path), error.strerror or "cannot be written") from None
