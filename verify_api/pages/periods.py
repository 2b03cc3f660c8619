"""How a period was computed, in words: start, length, where its end was rolled from. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from verify_api.pages.words import day, weekday

_LENGTH = re.compile(r"P(\d+)([MDW])")
_UNITS = {"M": "个月", "D": "日", "W": "个工作日"}
_CHINESE = {1: "一", 2: "两", 3: "三", 5: "五", 6: "六", 10: "十"}


def rule_words(rule: str) -> str:
    """`P1M+roll<=P3M@2026-06-26` → 一个月，末日遇休息日顺延，但自2026年6月26日起不超过三个月.

    A rule of a form unknown here is shown as it stands: wrong words would be worse than none.
    """
    base, _, moved = rule.partition("=>")
    own, *caps = base.split("<=")
    length = _length(own)
    if length is None:
        return rule
    words = [length] + (["末日遇休息日顺延"] if own.endswith("+roll") else [])
    for cap in caps:
        limit, _, start = cap.partition("@")
        longest = _length(limit)
        if longest is None or not start:
            return rule
        words.append(f"但自{day(start[:10])}起不超过{longest}")
    if moved:
        words.append(f"后改为{weekday(moved[:10])}")
    return "，".join(words)


def _length(rule: str) -> str | None:
    found = _LENGTH.match(rule)
    if found is None:
        return None
    number = int(found[1])
    if number == 0:
        return "以当日为末日"
    return f"{_CHINESE.get(number, number)}{_UNITS[found[2]]}"


def basis_words(deadline: Mapping[str, Any]) -> str:
    """One sentence for a deadline's view: from when, how long, rolled from where, until when."""
    rule = rule_words(str(deadline["rule"]))
    start = f"自{weekday(deadline['start_day'])}起算，{rule}" if rule != "以当日为末日" else "以该日为末日"
    rolled = f"；原末日{weekday(deadline['rolled_from'])}是休息日，顺延" if deadline["rolled_from"] else ""
    return f"{start}{rolled}；至{weekday(deadline['last_day'])}24时止。"
