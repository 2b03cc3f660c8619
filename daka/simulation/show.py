"""What the audience sees: a progress bar, a plain narrative, and the table at the end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from daka.simulation.reckoning import Line
from daka.simulation.stories import ORDINARY

STATE_WORDS = {
    "PASSED": ("通过", "green"),
    "RECTIFIED": ("整改通过", "green"),
    "LAPSED": ("到期失效", "yellow"),
    "REVOKED": ("撤回", "red"),
    "CANCELLED": ("取消", "dim"),
    "CHECKING_IN": ("打卡中", "cyan"),
    "SUBMITTED": ("待审核", "cyan"),
    "RECTIFYING": ("整改中", "cyan"),
}
CHANGE_WORDS = {
    "abnormal_set": "标注资质异常",
    "abnormal_lifted": "解除资质异常",
    "withdrawn": "撤回已回写三库",
    "lapsed": "失效已回写三库",
    "reinstated": "恢复",
}


class Show:
    """Tells the time-lapse on a terminal; without one, as plain lines."""

    def __init__(self, console: Console, begins: date, ends: date) -> None:
        """Simulated days from `begins` to `ends` make the bar."""
        self._console = console
        self._begins = begins
        self._days = (ends - begins).days
        self._began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.fields[today]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task: TaskID | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """The bar is shown while the block runs."""
        with self._progress:
            self._task = self._progress.add_task("", total=self._days, today=f"{self._begins}")
            yield

    def say(self, text: str) -> None:
        """A line outside the calendar."""
        self._console.print(Text(text), soft_wrap=True)

    def day(self, today: date) -> None:
        """A simulated day begins."""
        if self._task is not None:
            self._progress.update(self._task, completed=(today - self._begins).days, today=f"{today}")

    def tell(self, at: datetime, firm: str, text: str) -> None:
        """Something happened."""
        line = Text(f"{at:%Y-%m-%d %H:%M}  ", style="dim")
        line.append(_short(firm).ljust(9, "　"), style="bold")
        line.append(f"  {text}", style="default")
        self._console.print(line, soft_wrap=True)

    def table(self, lines: Sequence[Line], folder: Path) -> None:
        """The outcome of every told firm, the ordinary ones in one line, and where the documents lie."""
        told = [line for line in lines if line.title != ORDINARY]
        ordinary = [line for line in lines if line.title == ORDINARY]
        table = Table(title="结果（按规则应有的结果另行写定，逐项比对）", title_justify="left")
        for name in ("企业", "情形", "结果", "日期", "文书与回写", "比对"):
            table.add_column(name, no_wrap=name not in ("情形", "文书与回写"), overflow="fold")
        for line in told:
            word, colour = STATE_WORDS.get(line.found.state, (line.found.state, "red"))
            written = [*line.found.documents, *(CHANGE_WORDS[change] for change in line.found.told_upstream)]
            table.add_row(
                _short(line.found.name),
                line.title,
                Text(word, style=colour),
                line.found.ended,
                "、".join(dict.fromkeys(written)) or "—",
                _mark(line.differences),
            )
        lawful = sum(not line.differences for line in ordinary)
        mark = _mark(() if lawful == len(ordinary) else ("",))
        table.add_row("普通企业", ORDINARY, Text(f"{lawful}/{len(ordinary)}", style="green"), "", "—", mark)
        self._console.print(table)
        for line in lines:
            for difference in line.differences:
                where = f"{line.found.name}（{line.found.case}）"
                self._console.print(Text(f"✗ {where}{difference}", style="red"), soft_wrap=True)
        self._console.print(Text(f"文书（PDF）：{folder.resolve()}"), soft_wrap=True)

    @property
    def seconds(self) -> float:
        """Real seconds since the show began."""
        return time.monotonic() - self._began


def _short(name: str) -> str:
    return name.removeprefix("深圳").removesuffix("有限公司")


def _mark(differences: Sequence[str]) -> Text:
    return Text("不符", style="bold red") if differences else Text("一致", style="green")
