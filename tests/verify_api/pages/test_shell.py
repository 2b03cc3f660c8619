"""What all pages share: assets, strictness about scripts, contrast, words."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.pages import charts, words
from verify_api.pages.assets import FOLDER, asset_url
from verify_api.pages.paging import Paging

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

FIRM_PAGES = {
    "open": [
        "/portal",
        "/portal/profile",
        "/portal/contact",
        "/portal/licence",
        "/portal/video",
        "/password",
    ],
    "rectifying": ["/portal/rectification", "/portal/cases/{number}", "/portal/cases/{number}/report"],
    "checking": ["/portal/cases/{number}"],
    "submitted": ["/portal/cases/{number}"],
    "revoked": ["/portal", "/portal/cases/{number}"],
    "notifying": ["/portal/cases/{number}"],
}
STAFF_PAGES = [
    "/console",
    "/console?show=all",
    "/console/cases",
    "/console/cases?q=示例&state=OPEN&track=FIRST",
    "/console/reviews",
    "/console/attempts",
    "/console/lookalikes",
    "/console/lookalikes?page=9",
    "/console/photos",
    "/console/photos?page=9",
    "/console/tonight?days=30",
    "/console/waiting",
    "/console/waiting?kind=hold",
    "/console/notices",
    "/console/notices?stage=unproven&q=示例",
    "/console/notices?stage=nonsense",
    "/console/enterprises",
    "/console/projects/imports",
    "/console/batches",
]
DOORS = ["/login", "/console/login", "/forgot", "/rules"]
# What the policy of the answers would not run or show: scripts and styles inside the page.
FORBIDDEN = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.I)


def _is_clean(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-300:])
    assert not FORBIDDEN.search(answer.text), (path, FORBIDDEN.search(answer.text))
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert '<html lang="zh-CN">' in answer.text
    assert answer.text.count("<h1") == 1, path
    for form in re.findall(r'<form[^>]*method="post".*?</form>', answer.text, re.S):
        assert 'name="csrf"' in form, path


def test_every_page_is_shown_and_runs_nothing_of_its_own(site: Site) -> None:
    for path in DOORS:
        _is_clean(site, path)
    for name, paths in FIRM_PAGES.items():
        site.as_firm(name)
        for path in paths:
            _is_clean(site, path.format(number=site.number(name)))
    site.as_firm("open")
    _is_clean(site, f"/portal/cases/{site.number('open')}/people")
    _is_clean(site, f"/portal/cases/{site.number('open')}/people?suggest=1")
    site.as_staff(Role.ADMIN)
    attempts = [f"/console/attempts/{n:032x}" for n in range(3)]
    cases = [f"/console/cases/{site.number(name)}" for name in site.bureau.cases]
    firms = [f"/console/enterprises/{firm.enterprise.uscc}" for firm in site.bureau.firms.values()]
    firms.append(f"{firms[0]}/fence")
    for path in [*STAFF_PAGES, *attempts, *cases, *firms, f"{cases[1]}/review", f"{cases[0]}/requirements"]:
        _is_clean(site, path)


def test_an_asset_is_named_by_its_content_and_kept_for_ever(site: Site) -> None:
    for file in FOLDER.iterdir():
        answer = site.get(asset_url(file.name))
        assert answer.status_code == 200
        assert answer.content == file.read_bytes()
        assert "immutable" in answer.headers["cache-control"]
    assert site.get("/static/app.css").status_code == 404
    assert site.get("/static/..%2f..%2fapp.py").status_code == 404


def test_a_missing_page_is_a_page_for_people_and_a_problem_for_programs(site: Site) -> None:
    page = site.get("/nothing")
    assert (page.status_code, "没有这个页面" in page.text) == (404, True)
    problem = site.client.get("/api/v1/nothing", headers={"Accept": "text/html"})
    assert problem.headers["content-type"] == "application/problem+json"


def _tokens(scheme: str) -> dict[str, str]:
    css = (FOLDER / "app.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    wanted = blocks[0] if scheme == "light" else blocks[1]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", wanted))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "grounds"),
    [
        ("ink", ["bg", "surface", "surface-2", "brand-tint", "ok-tint", "warn-tint", "bad-tint"]),
        ("ink-2", ["bg", "surface", "surface-2", "info-tint"]),
        ("ink-3", ["bg", "surface", "surface-2", "warn-tint", "ok-tint", "info-tint"]),
        ("brand", ["bg", "surface", "surface-2", "brand-tint"]),
        ("brand-ink", ["brand", "brand-strong"]),
        ("ok", ["surface", "surface-2", "ok-tint"]),
        ("warn", ["surface", "surface-2", "warn-tint"]),
        ("bad", ["surface", "surface-2", "bad-tint"]),
        ("surface", ["bad"]),
    ],
)
def test_text_keeps_the_contrast_of_wcag_aa(scheme: str, ink: str, grounds: list[str]) -> None:
    tokens = _tokens(scheme)
    low = {ground: round(_contrast(tokens[ink], tokens[ground]), 2) for ground in grounds}
    assert all(ratio >= 4.5 for ratio in low.values()), low


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_ring_is_seen_on_every_ground(scheme: str) -> None:
    tokens = _tokens(scheme)
    assert all(_contrast(tokens["focus"], tokens[ground]) >= 3 for ground in ("bg", "surface", "surface-2"))


@pytest.mark.parametrize(
    ("last_day", "said"),
    [
        (date(2026, 11, 21), "剩余1天"),
        (date(2026, 11, 20), "今天24时截止"),
        (date(2026, 11, 19), "已过1天"),
    ],
)
def test_days_left_are_days_of_shenzhen(last_day: date, said: str) -> None:
    assert words.left(last_day, now=NOW) == said
    # 17:00 UTC is one o'clock of the next day in Shenzhen.
    assert words.days_left(date(2026, 11, 21), now=NOW + timedelta(hours=15)) == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "—"),
        (date(2026, 1, 2), "2026年1月2日"),
        ("2026-01-02", "2026年1月2日"),
        (datetime(2026, 1, 1, 16, 0, tzinfo=UTC), "2026年1月2日"),
        ("2026-01-02T00:00:00+08:00", "2026年1月2日"),
    ],
)
def test_days_are_said_in_chinese(value: date | str | None, said: str) -> None:
    assert words.day(value) == said


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=1), "1分钟前"),
        (timedelta(minutes=59), "59分钟前"),
        (timedelta(hours=1), "1小时前"),
        (timedelta(hours=23, minutes=59), "23小时前"),
        (timedelta(days=1), "1天前"),
        (timedelta(days=30), "30天前"),
        (timedelta(days=31), "2026年10月20日"),
    ],
)
def test_how_long_ago(past: timedelta, said: str) -> None:
    assert words.ago(NOW - past, now=NOW) == said


def test_charts_escape_what_they_are_told() -> None:
    drawn = charts.bars([charts.Bar("<b>&", 3)], title="<i>") + charts.columns([], title="x")
    assert "<b>" not in drawn
    assert "&lt;i&gt;" in drawn


@pytest.mark.parametrize(
    ("done", "total", "width"), [(0, 0, "0.0"), (1, 3, "33.3"), (3, 3, "100.0"), (5, 3, "100.0")]
)
def test_a_meter_is_never_fuller_than_full(done: int, total: int, width: str) -> None:
    assert f'class="fill" width="{width}"' in charts.meter(done, total)


def test_paging_keeps_the_filters() -> None:
    paging = Paging(2, 95, 30, "/x", {"q": "a&b", "state": ""})
    assert (paging.last, paging.near) == (4, [1, 2, 3, 4])
    assert paging.href(3) == "/x?q=a%26b&page=3"
    assert Paging(1, 0, 30, "/x").last == 1
