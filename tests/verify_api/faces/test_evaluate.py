"""The figures of `daka face evaluate` against counting one pair after the other, and its curve."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify_api.faces.evaluate import evaluate, to_svg

DISTANCES = st.integers(0, 150).map(lambda n: n / 100) | st.floats(0, 1.5)  # Ties on thresholds as well.
PAIRS = st.tuples(st.lists(DISTANCES, min_size=1, max_size=30), st.lists(DISTANCES, min_size=1, max_size=30))
LONG = "arcface:a_file_with_a_name_as_long_as_such_names_are_when_somebody_trained_it:0123abcd"


@given(PAIRS)
def test_every_rate_is_what_counting_gives(pairs: tuple[list[float], list[float]]) -> None:
    same, different = pairs
    result = evaluate([(d, True) for d in same] + [(d, False) for d in different])
    assert (result.same_pairs, result.different_pairs) == (len(same), len(different))
    for rates in result.curve:
        accepted = sum(1 for d in different if d <= rates.threshold)
        refused = sum(1 for d in same if not d <= rates.threshold)
        assert rates.far == pytest.approx(accepted / len(different))
        assert rates.frr == pytest.approx(refused / len(same))
    assert result.curve[0].threshold == 0
    assert (result.curve[-1].far, result.curve[-1].frr) == (1, 0)


@given(PAIRS, st.sampled_from([0.0, 0.001, 0.01, 0.1, 0.5]))
def test_the_points_named_are_those_of_the_curve(
    pairs: tuple[list[float], list[float]], limit: float
) -> None:
    same, different = pairs
    result = evaluate([(d, True) for d in same] + [(d, False) for d in different])
    assert all(
        abs(result.equal_error.far - result.equal_error.frr) <= abs(rates.far - rates.frr)
        for rates in result.curve
    )
    within = [rates for rates in result.curve if rates.far <= limit]
    assert result.at_far(limit) == (within[-1] if within else None)


@given(PAIRS)
def test_the_curve_draws_the_rates_where_the_axes_say(pairs: tuple[list[float], list[float]]) -> None:
    same, different = pairs
    result = evaluate([(d, True) for d in same] + [(d, False) for d in different])
    root = ElementTree.fromstring(to_svg(result, accept=0.45, review=0.6, title=LONG))
    far, frr = (one.attrib["d"] for one in root.iter("{http://www.w3.org/2000/svg}path"))
    labels = {
        one.text: float(one.attrib["x"])
        for one in root.iter("{http://www.w3.org/2000/svg}text")
        if re.fullmatch(r"\d+\.\d\d", one.text or "")
    }
    left = labels.pop("0.00")
    per_unit = {round((x - left) / float(text or 0)) for text, x in labels.items()}
    assert labels and max(per_unit) - min(per_unit) <= max(per_unit) * 0.02
    scale = next((x - left) / float(text or 0) for text, x in reversed(labels.items()))
    for path, name in ((far, "far"), (frr, "frr")):
        drawn = [tuple(map(float, point.split(","))) for point in path[1:].split(" L")]
        assert len(drawn) == len(result.curve)
        for (x, y), rates in zip(drawn, result.curve, strict=True):
            assert x == pytest.approx(left + rates.threshold * scale, abs=1.0)
            assert y == pytest.approx(64 + (1 - getattr(rates, name)) * 420, abs=0.1)


def test_a_long_name_of_a_model_lies_over_nothing_else() -> None:
    svg = to_svg(evaluate([(0.2, True), (0.9, False)]), accept=0.45, review=0.6, title=LONG)
    heights = re.findall(r'<text x="\d+" y="(\d+)"[^>]*>(?:arcface|误识率|拒识率|等错误率)', svg)
    assert len(heights) == 4 and heights[0] not in heights[1:]
