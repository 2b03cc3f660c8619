"""A half-right year would move deadlines wrongly: what is implausible is refused."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from verify_api.deadlines.yearfile import YearFileInvalid, read_csv, read_json

Year = dict[str, Any]


def test_ranges_and_single_days_are_read_with_their_names(year_2027: Year) -> None:
    file = read_json(json.dumps(year_2027))
    assert file.off[date(2027, 2, 11)] == "春节"
    assert file.off[date(2027, 4, 5)] == "清明节"
    assert file.work == {date(2027, 2, 14): "春节", date(2027, 10, 9): ""}
    assert len(file.off) == 25


def test_json_and_csv_of_the_same_year_are_the_same(year_2027: Year) -> None:
    file = read_json(json.dumps(year_2027))
    lines = [f"{day},holiday,{name}" for day, name in file.off.items()]
    lines += [f"{day},班,{name}" for day, name in file.work.items()]
    text = "\ufeffdate,kind,name\n" + "\n".join(lines)
    assert read_csv(text, year=2027, source=file.source).sha256 == file.sha256


def drop_national_day(year: Year) -> None:
    year["holidays"].pop()


def only_fixed_days(year: Year) -> None:
    year["holidays"] = ["2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03"]


def weekday_worked(year: Year) -> None:
    year["workdays"].append("2027-02-15")


def both_off_and_worked(year: Year) -> None:
    year["workdays"].append("2027-02-06")


def day_of_another_year(year: Year) -> None:
    year["holidays"].append("2028-01-01")


def early_december_before(year: Year) -> None:
    year["holidays"].append("2026-12-14")


def listed_twice(year: Year) -> None:
    year["holidays"].append("2027-04-05")


def endless_range(year: Year) -> None:
    year["holidays"].append({"from": "2027-07-01", "to": "2027-08-31"})


def range_backwards(year: Year) -> None:
    year["holidays"].append({"from": "2027-07-02", "to": "2027-07-01"})


def too_many_days_off(year: Year) -> None:
    year["holidays"] += [f"2027-07-{n:02}" for n in range(1, 31)]


def loose_date(year: Year) -> None:
    year["holidays"].append("20270701")


def unknown_field(year: Year) -> None:
    year["holydays"] = []


def year_as_text(year: Year) -> None:
    year["year"] = "2027"


def year_is_true(year: Year) -> None:
    year["year"] = True


def no_source(year: Year) -> None:
    year["source"] = " "


def no_list(year: Year) -> None:
    year["workdays"] = None


def another_year(year: Year) -> None:
    year["year"] = 2003


@pytest.mark.rule("T-03")
@pytest.mark.parametrize(
    "spoil",
    [
        drop_national_day,
        only_fixed_days,
        weekday_worked,
        both_off_and_worked,
        day_of_another_year,
        early_december_before,
        listed_twice,
        endless_range,
        range_backwards,
        too_many_days_off,
        loose_date,
        unknown_field,
        year_as_text,
        year_is_true,
        no_source,
        no_list,
        another_year,
    ],
)
def test_T_03_an_implausible_year_is_refused(spoil: Callable[[Year], None], year_2027: Year) -> None:
    spoil(year_2027)
    with pytest.raises(YearFileInvalid):
        read_json(json.dumps(year_2027))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '"2027"', "{}", "[" * 200_000, '{"year":' * 200_000, '{"year":1e999}']
)
def test_what_is_not_the_documented_json_is_refused(text: str) -> None:
    with pytest.raises(YearFileInvalid):
        read_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2",
        "date,kind,name\n2027-01-01,maybe,元旦",
        "date,kind\nx,休",
        "date,kind\n2027-01-01",
        'date,kind,name\n2027-01-01,休,"' + "元" * 200_000 + '"',
    ],
)
def test_what_is_not_the_documented_csv_is_refused(text: str) -> None:
    with pytest.raises(YearFileInvalid):
        read_csv(text, year=2027, source="示例")


@pytest.mark.parametrize("word", ["a\0b", "\ud800", "通\n知"])
def test_words_that_no_database_keeps_are_refused(word: str, year_2027: Year) -> None:
    for spoilt in (year_2027 | {"source": f"第{word}号"}, year_2027 | {"workdays": [_named(word)]}):
        with pytest.raises(YearFileInvalid, match="不能保存的字符"):
            read_json(json.dumps(spoilt))


def _named(word: str) -> dict[str, str]:
    return {"date": "2027-02-14", "name": f"春{word}节"}


def test_late_december_of_the_year_before_belongs_to_the_arrangement(year_2027: Year) -> None:
    year_2027["workdays"].append("2026-12-26")
    assert read_json(json.dumps(year_2027)).days(1).first_day == date(2026, 12, 26)
