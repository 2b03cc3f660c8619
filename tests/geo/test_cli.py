"""`daka geo`, called as a shell would."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, ClassVar

import pytest

from daka.main import main
from tests.geo.samples import GCJ, WGS, circle, polygon, square

CENTER = ["--center", f"{GCJ[0]},{GCJ[1]}", "--radius", "300", "--center-datum", "gcj02"]
POINT = ["--point", f"{WGS[0]},{WGS[1]}", "--datum", "wgs84", "--accuracy", "20"]


def daka(*arguments: str) -> tuple[int, list[Any], str]:
    """Exit code, the JSON lines of stdout, and stderr, by the command line's own front door."""
    out, error = io.StringIO(), io.StringIO()
    argv, sys.argv = sys.argv, ["daka", "geo", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(error), pytest.raises(SystemExit) as end:
            main()
    finally:
        sys.argv = argv
    code = end.value.code
    assert isinstance(code, int)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], error.getvalue()


def one(*arguments: str) -> tuple[int, dict[str, Any]]:
    code, (verdict,), _ = daka("judge", *arguments)
    return code, verdict


def refused(*arguments: str) -> str:
    code, out, error = daka(*arguments)
    assert (code, out) == (2, [])
    assert error.startswith("daka: ") and error.count("\n") == 1
    return error


def reasons(verdict: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in verdict["reasons"]]


def test_from_a_real_shell_the_exit_code_arrives() -> None:
    command = [sys.executable, "-m", "daka.main", "geo", "judge", *POINT, *CENTER, "--age", "61"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert json.loads(done.stdout)["verdict"] == "cannot_tell"


class TestJudge:
    def test_inside_is_exit_0(self) -> None:
        code, verdict = one(*POINT, *CENTER)
        assert (code, verdict["verdict"], verdict["match_rate"], verdict["reasons"]) == (0, "inside", 1.0, [])
        assert verdict["edge_distance_m"] == pytest.approx(-300, abs=0.01)

    def test_outside_is_exit_3(self) -> None:
        code, verdict = one("--point", "113.93,22.55", *POINT[2:], *CENTER)
        assert (code, verdict["verdict"]) == (3, "outside")
        assert verdict["edge_distance_m"] > 1000

    def test_cannot_tell_is_exit_3(self) -> None:
        code, verdict = one(*POINT, *CENTER, "--age", "3600")
        assert (code, verdict["verdict"], verdict["reasons"][0]["code"]) == (
            3,
            "cannot_tell",
            "position_too_old",
        )

    def test_the_fields_of_the_design_are_there_in_order(self) -> None:
        _, verdict = one(*POINT, *CENTER)
        asked = ["verdict", "edge_distance_m", "match_rate", "reasons", "hint"]
        assert [name for name in verdict if name in asked] == asked

    @pytest.mark.parametrize(
        ("point", "code"),
        [
            ("nan,22.5", "coordinates_not_finite"),
            ("113.9,95", "latitude_out_of_range"),
            ("22.5,113.9", "axes_swapped_suspected"),
            ("0,0", "null_island"),
            ("113912316,22543847", "scaled_integers_suspected"),
        ],
    )
    def test_bad_degrees_are_a_verdict_not_a_crash(self, point: str, code: str) -> None:
        exit_code, verdict = one("--point", point, *POINT[2:], *CENTER)
        assert (exit_code, reasons(verdict)) == (3, [code])

    @pytest.mark.parametrize(
        ("value", "code"),
        [("0", "accuracy_zero"), ("-3", "accuracy_negative"), ("inf", "accuracy_not_finite")],
    )
    def test_bad_accuracies_are_a_verdict(self, value: str, code: str) -> None:
        _, verdict = one(*POINT[:4], "--accuracy", value, *CENTER)
        assert reasons(verdict) == [code]

    def test_a_missing_datum_or_accuracy_is_a_verdict(self) -> None:
        _, verdict = one(*POINT[:2], *CENTER)
        assert reasons(verdict) == ["datum_missing", "accuracy_missing"]

    def test_the_centre_takes_the_points_datum_by_default(self) -> None:
        code, _ = one("--point", f"{GCJ[0]},{GCJ[1]}", "--datum", "gcj02", "--accuracy", "9", *CENTER[:4])
        assert code == 0

    @pytest.mark.parametrize("age", ["1e300", "-1e300", "nan"])
    def test_no_age_crashes(self, age: str) -> None:
        code, _ = one(*POINT, *CENTER, "--age", age)
        assert code == 3

    def test_limits_can_be_given(self) -> None:
        assert one(*POINT[:4], "--accuracy", "150", *CENTER)[0] == 3
        assert one(*POINT[:4], "--accuracy", "150", *CENTER, "--max-accuracy", "200")[0] == 0

    def test_a_sketch_is_written(self, tmp_path: Path) -> None:
        one(*POINT, *CENTER, "--sketch", str(tmp_path / "a.svg"))
        assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg ")

    def test_a_sketch_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        code, _, error = daka("judge", *POINT, *CENTER, "--sketch", str(tmp_path / "nowhere" / "a.svg"))
        assert code == 2
        assert error.count("\n") == 1


class TestFenceFiles:
    GEOMETRY = polygon(square()).to_mapping()["geometry"]
    FEATURE: ClassVar[dict[str, Any]] = {
        "type": "Feature",
        "properties": {"datum": "gcj02"},
        "geometry": GEOMETRY,
    }

    @pytest.mark.parametrize(
        ("content", "options"),
        [
            (GEOMETRY, ["--fence-datum", "gcj02"]),
            (GEOMETRY, ["--center-datum", "gcj02"]),
            (FEATURE, []),
            ({"type": "FeatureCollection", "features": [FEATURE]}, []),
            (polygon(square()).to_mapping(), []),
            (circle().to_mapping(), []),
        ],
    )
    def test_geojson_and_the_phones_shape_are_read(
        self, content: Any, options: list[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "fence.geojson"
        file.write_text(json.dumps(content), encoding="utf-8-sig")
        code, verdict = one(*POINT, "--fence", str(file), *options)
        assert (code, verdict["verdict"]) == (0, "inside")

    def test_geojson_without_a_datum_is_wgs84(self, tmp_path: Path) -> None:
        file = tmp_path / "fence.geojson"
        file.write_text(json.dumps(self.GEOMETRY))
        _, verdict = one(*POINT, "--fence", str(file))
        assert reasons(verdict) == ["wrong_datum_suspected", "outside_fence"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("{", "not a JSON file"),
            ("[1]", "fence_malformed"),
            ('{"type": "Feature", "geometry": null}', "geometry_unsupported"),
            ('{"type": "FeatureCollection", "features": []}', "features_not_one"),
            ('{"kind": "circle", "center": [113.9, 22.5], "radius_m": 300}', "datum_missing"),
            (
                '{"kind": "circle", "center": [113.9, 22.5], "radius_m": 0.003, "datum": "wgs84"}',
                "radius_in_degrees",
            ),
        ],
    )
    def test_a_bad_file_is_one_line(self, content: str, said: str, tmp_path: Path) -> None:
        file = tmp_path / "fence.geojson"
        file.write_text(content)
        assert said in refused("judge", *POINT, "--fence", str(file))


class TestBadInput:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["judge", *POINT],
            ["judge", *POINT, "--center", "113.9,22.5"],
            ["judge", *POINT, "--radius", "300"],
            ["judge", *CENTER],
            ["judge", "--point", "113.9", *CENTER],
            ["judge", "--point", "a,b", *CENTER],
            ["judge", "--point", "1,2,3", *CENTER],
            ["judge", *POINT, *CENTER, "--fence", "nowhere.geojson"],
            ["judge", *POINT, "--center", "22.5,113.9", "--radius", "300"],
            ["judge", *POINT, "--center", "113.9,22.5", "--radius", "-1"],
            ["judge", *POINT, *CENTER, "--datum", "mars"],
            ["judge", *POINT, *CENTER, "--max-accuracy", "nan"],
            ["judge", "--point", "113.9,22.5", *CENTER[:4]],
            ["convert", "--from", "wgs84", "--to", "gcj02"],
            ["convert", "--from", "wgs84", "113.9,22.5"],
            ["convert", "--from", "wgs84", "--to", "gcj02", "22.5,113.9"],
            ["convert", "--from", "wgs84", "--to", "gcj02", "nan,1"],
        ],
    )  # fmt: skip
    def test_it_is_one_clear_line_and_exit_2(self, arguments: list[str]) -> None:
        refused(*arguments)


class TestConvert:
    def test_one_pair_a_line(self) -> None:
        code, out, _ = daka("convert", "--from", "wgs84", "--to", "gcj02", f"{WGS[0]},{WGS[1]}", "-0.13,51.5")
        assert code == 0
        assert out[0] == pytest.approx(GCJ, abs=1e-6)
        assert out[1] == [-0.13, 51.5]


class TestCsv:
    def test_points_are_judged_a_line_each(self, tmp_path: Path) -> None:
        file = tmp_path / "points.csv"
        file.write_text(
            "id,lng,lat,datum,accuracy_m,age_s\n"
            f"a,{WGS[0]},{WGS[1]},wgs84,20,3\n"
            f"b,{GCJ[0]},{GCJ[1]},gcj02,20,3\n"
            f"c,{WGS[0]},{WGS[1]},wgs84,,3\n"
            f"d,,{WGS[1]},wgs84,20,\n",
            encoding="utf-8-sig",
        )
        code, out, _ = daka("judge", "--points", str(file), *CENTER)
        assert code == 0
        assert [(row["id"], row["verdict"]) for row in out] == [
            ("a", "inside"), ("b", "inside"), ("c", "cannot_tell"), ("d", "cannot_tell"),
        ]  # fmt: skip
        assert [reasons(row) for row in out[2:]] == [
            ["accuracy_missing"], ["coordinates_missing", "captured_at_missing"],
        ]  # fmt: skip

    def test_options_stand_in_for_absent_columns(self, tmp_path: Path) -> None:
        file = tmp_path / "points.csv"
        file.write_text(f"lng,lat\n{WGS[0]},{WGS[1]}\n")
        _, (verdict,), _ = daka("judge", "--points", str(file), *POINT[2:], *CENTER)
        assert verdict["verdict"] == "inside"

    def test_points_are_converted(self, tmp_path: Path) -> None:
        file = tmp_path / "points.csv"
        file.write_text(f"lng,lat\n{GCJ[0]},{GCJ[1]}\n")
        _, (pair,), _ = daka("convert", "--from", "gcj02", "--to", "wgs84", "--points", str(file))
        assert pair == pytest.approx(WGS, abs=1e-6)

    @pytest.mark.parametrize("content", ["x,y\n1,2\n", "", "lng,lat\n一,2\n"])
    def test_a_bad_file_is_one_line(self, content: str, tmp_path: Path) -> None:
        file = tmp_path / "points.csv"
        file.write_text(content, encoding="utf-8")
        refused("judge", "--points", str(file), *POINT[2:], *CENTER)

    def test_a_file_in_another_encoding_is_one_line(self, tmp_path: Path) -> None:
        file = tmp_path / "points.csv"
        file.write_bytes("lng,lat,id\n1,2,深圳\n".encode("gb18030"))
        refused("convert", "--from", "wgs84", "--to", "gcj02", "--points", str(file))
