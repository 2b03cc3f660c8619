"""Staff watch an import: how far it is, what was taken, and every row that was not."""

from datetime import datetime

import pytest

from registry.imports.models import ImportRow, ImportRun
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role


def _run(site: Site, *, done: int, total: int | None, finished: datetime | None = None) -> ImportRun:
    session = site.bureau.session
    run = ImportRun(
        sha256=f"{done:064x}", file_name="对接<数据>.csv", format="csv", actor="operator",
        started_at=site.clock.now, finished_at=finished, next_row=done, total_rows=total,
        counts={"projects_new": 118, "rejected": 130, "stages_new": 300},
    )  # fmt: skip
    session.add(run)
    session.flush()
    for row in range(1, 131):
        code, message = (
            ("bad_location", "行政区划代码应为6位数字") if row > 1 else ("capped_at_b", "按B级入库，待核")
        )
        session.add(ImportRow(run_id=run.id, row=row, code=code, message=message))
    session.commit()
    return run


def test_a_running_import_shows_how_far_it_is_and_looks_again_by_itself(site: Site) -> None:
    run = _run(site, done=250, total=1000)
    site.as_staff(Role.AUDITOR)
    listed = site.get("/console/projects/imports").text
    assert "对接&lt;数据&gt;.csv" in listed and "<b>250</b> / 1000" in listed
    html = site.get(f"/console/projects/imports/{run.id}").text
    assert "<b>250</b> / 1000" in html and 'http-equiv="refresh"' in html
    assert "第251个项目继续" in html
    assert 'http-equiv="refresh"' not in site.get(f"/console/projects/imports/{run.id}?still=1").text


def test_an_import_of_unknown_length_says_so(site: Site) -> None:
    run = _run(site, done=7, total=None)
    site.as_staff(Role.ADMIN)
    assert "总数未知" in site.get(f"/console/projects/imports/{run.id}").text


def test_a_finished_import_reports_row_by_row_a_page_at_a_time(site: Site) -> None:
    run = _run(site, done=248, total=248, finished=site.clock.now)
    site.as_staff(Role.REVIEWER)
    page = f"/console/projects/imports/{run.id}"
    html = site.get(page).text
    assert "已完成" in html and 'http-equiv="refresh"' not in html
    assert "第100行" in html and "第101行" not in html and "共 130 条" in html
    assert "第130行" in site.get(f"{page}?page=2").text
    one = site.get(f"{page}?code=capped_at_b").text
    assert "第1行" in one and "第2行" not in one


@pytest.mark.parametrize(("path", "status"), [("999999", 404), ("x", 422)])
def test_an_import_that_is_not_there_is_a_page_that_says_so(site: Site, path: str, status: int) -> None:
    site.as_staff(Role.ADMIN)
    answer = site.get(f"/console/projects/imports/{path}")
    assert (answer.status_code, "text/html" in answer.headers["content-type"]) == (status, True)


def test_nothing_imported_yet_is_said(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    assert "还没有导入过数据" in site.get("/console/projects/imports").text


def test_an_enterprise_does_not_see_imports(site: Site) -> None:
    site.as_firm("passed")
    assert site.get("/console/projects/imports").status_code in (303, 403)
