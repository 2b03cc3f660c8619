"""The file an operator loads when the State Council has published a year's arrangement. Pure.

JSON::

    {"year": 2027, "source": "国务院办公厅关于2027年部分节假日安排的通知",
     "holidays": [{"date": "2027-01-01", "name": "元旦"},
                  {"from": "2027-02-05", "to": "2027-02-11", "name": "春节"}],
     "workdays": [{"date": "2027-02-14", "name": "春节"}]}

CSV, with the year and the source given beside it: columns `date,kind,name`, kind `holiday` (休) or
`workday` (班).

Days off are listed with the weekends inside them or without, as the notice prints them; ordinary weekends
need no line. What is missing or implausible is refused: a half-loaded year would move deadlines wrongly.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from registry.crypto import canonical
from registry.errors import Invalid
from verify_api.deadlines.calendar import DECEMBER_LEAD, YearDays, is_weekend

FIRST_YEAR, LAST_YEAR = 2004, 2100
# 全国年节及纪念日放假办法: 元旦、劳动节、国庆节 fall on fixed dates in every year since 2008.
FIXED = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
# 13 statutory days since 2025 (11 before); a year that names fewer days off is not whole.
LEAST_DAYS = 11
# Statutory and bridged days never took more weekdays than this; more means the columns were mixed up.
MOST_WEEKDAYS_OFF = 31
LONGEST_RANGE = 16
KINDS = {"holiday": "holidays", "休": "holidays", "workday": "workdays", "班": "workdays"}


class YearFileInvalid(Invalid):
    """The file cannot be a published arrangement."""

    code = "calendar_year_invalid"


@dataclass(frozen=True, slots=True)
class YearFile:
    """One year's arrangement with the names of its days and where it was published."""

    year: int
    source: str
    off: Mapping[date, str]
    work: Mapping[date, str]

    @property
    def sha256(self) -> str:
        """Digest of the content, whatever the file format was."""
        return hashlib.sha256(
            canonical([self.year, self.source, listed(self.off), listed(self.work)])
        ).hexdigest()

    def days(self, revision: int) -> YearDays:
        """What the calendar needs of it."""
        return YearDays(self.year, f"{self.year}r{revision}", frozenset(self.off), frozenset(self.work))


def listed(days: Mapping[date, str]) -> list[list[str]]:
    """Days with their names in order, as stored."""
    return [[day.isoformat(), name] for day, name in sorted(days.items())]


def decoded(data: bytes) -> str:
    """The text of a file, in UTF-8 or as Chinese Windows saves it.

    Raises:
        YearFileInvalid: In neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise YearFileInvalid("无法识别文件的编码，请保存为 UTF-8")


def read_json(text: str) -> YearFile:
    """A year from the documented JSON.

    Raises:
        YearFileInvalid: In one sentence, what is wrong.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise YearFileInvalid(f"不是有效的 JSON：{error}") from None
    except RecursionError:
        raise YearFileInvalid("不是有效的 JSON：嵌套过深") from None
    unknown = set(given) - {"year", "source", "holidays", "workdays"} if isinstance(given, dict) else {"…"}
    if unknown:
        raise YearFileInvalid(f"须为含 year、source、holidays、workdays 的对象；不认识：{sorted(unknown)}")
    year, source = given.get("year"), given.get("source")
    if type(year) is not int or not isinstance(source, str):
        raise YearFileInvalid("year 须为整数，source 须为发文名称")
    return make(year, source, _spread(given.get("holidays")), _spread(given.get("workdays")))


def read_csv(text: str, *, year: int, source: str) -> YearFile:
    """A year from the documented CSV.

    Raises:
        YearFileInvalid: In one sentence, what is wrong.
    """
    try:
        found = _by_kind(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    except csv.Error as error:
        raise YearFileInvalid(f"不是有效的 CSV：{error}") from None
    return make(year, source, found["holidays"], found["workdays"])


def _by_kind(rows: "csv.DictReader[str]") -> dict[str, list[tuple[date, str]]]:
    if not {"date", "kind"} <= set(rows.fieldnames or ()):
        raise YearFileInvalid("CSV 首行须含 date,kind,name")
    found: dict[str, list[tuple[date, str]]] = {"holidays": [], "workdays": []}
    for number, row in enumerate(rows, start=2):
        kind = KINDS.get((row["kind"] or "").strip())
        if kind is None:
            raise YearFileInvalid(f"第 {number} 行：kind 须为 holiday（休）或 workday（班）")
        found[kind].append((_day(row["date"]), (row.get("name") or "").strip()))
    return found


def make(
    year: int, source: str, off: Iterable[tuple[date, str]], work: Iterable[tuple[date, str]]
) -> YearFile:
    """A year after all plausibility checks.

    Raises:
        YearFileInvalid: In one sentence, what is wrong.
    """
    file = YearFile(year, source.strip(), _once(off), _once(work))
    for problem in _problems(file):
        raise YearFileInvalid(problem)
    return file


def _problems(file: YearFile) -> Iterable[str]:
    """Why the arrangement cannot be right; the first is enough to refuse it."""
    if not FIRST_YEAR <= file.year <= LAST_YEAR:
        yield f"年份须在 {FIRST_YEAR} 到 {LAST_YEAR} 之间：{file.year}"
        return
    if not file.source:
        yield "须写明发文名称或文号"
    if not all(map(_can_be_kept, [file.source, *file.off.values(), *file.work.values()])):
        yield "发文名称或节日名称含有不能保存的字符"
    first, last = date(file.year - 1, *DECEMBER_LEAD), date(file.year, 12, 31)
    for day in sorted([*file.off, *file.work]):
        if not first <= day <= last:
            yield f"{day} 不在 {file.year} 年的安排之内"
        if day in file.off and day in file.work:
            yield f"{day} 既列为休息日又列为上班日"
    for day in sorted(file.work):
        if not is_weekend(day):
            yield f"{day} 不是周末，不会是调休上班日"
    missing = [date(file.year, *day) for day in FIXED if date(file.year, *day) not in file.off]
    if missing:
        yield f"缺少法定节假日：{'、'.join(map(str, missing))}"
    if len(file.off) < LEAST_DAYS:
        yield f"只列出 {len(file.off)} 个休息日，全年安排不完整"
    if sum(not is_weekend(day) for day in file.off) > MOST_WEEKDAYS_OFF:
        yield "休息日过多，请检查是否与上班日混淆"


def _can_be_kept(text: str) -> bool:
    """No control characters and no halves of characters, which JSON can spell and a database cannot hold."""
    return all(ch >= " " and not "\ud800" <= ch <= "\udfff" for ch in text)


def _once(days: Iterable[tuple[date, str]]) -> dict[date, str]:
    found: dict[date, str] = {}
    for day, name in days:
        if day in found:
            raise YearFileInvalid(f"{day} 重复列出")
        found[day] = name
    return found


def _spread(items: Any) -> list[tuple[date, str]]:
    """`"2027-01-01"`, `{date, name}` and `{from, to, name}` as single days."""
    if not isinstance(items, list):
        raise YearFileInvalid("holidays 与 workdays 须为列表")
    found: list[tuple[date, str]] = []
    for item in items:
        entry = {"date": item} if isinstance(item, str) else item
        if not isinstance(entry, dict) or set(entry) - {"date", "from", "to", "name"}:
            raise YearFileInvalid(f"无法识别的日期项：{item}")
        name = str(entry.get("name") or "")
        if "date" in entry:
            found.append((_day(entry["date"]), name))
            continue
        first, last = _day(entry.get("from")), _day(entry.get("to"))
        if not 0 <= (last - first).days < LONGEST_RANGE:
            raise YearFileInvalid(f"起止日期不合理：{first} 至 {last}")
        found += [(first + timedelta(days=n), name) for n in range((last - first).days + 1)]
    return found


def _day(text: Any) -> date:
    try:
        day = date.fromisoformat(str(text).strip())
    except ValueError:
        raise YearFileInvalid(f"日期须写作 YYYY-MM-DD：{text}") from None
    if day.isoformat() != str(text).strip():
        raise YearFileInvalid(f"日期须写作 YYYY-MM-DD：{text}")
    return day
