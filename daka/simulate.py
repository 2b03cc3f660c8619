"""`daka simulate`: eighteen months of a small city in a minute, checked against what the rules demand."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click
import psycopg
from rich.console import Console

from daka.simulation.open_house import stay_open
from daka.simulation.portraits import draw_portraits
from daka.simulation.reckoning import reckon
from daka.simulation.show import Show
from daka.simulation.stories import all_stories
from daka.simulation.timelapse import BEGINS, ENDS, open_city, play
from daka.simulation.world import Addresses, World
from daka.stack import PORTS, Stack, StartFailed
from miniapp_mock.city import City, build_city, people_coming
from miniapp_mock.client import Garbled, NoAnswer, Officer, Problem
from registry import embedded
from verify_api.accounts.actor import Role
from verify_api.accounts.staff import add_staff
from verify_api.settings import settings

UNLAWFUL = 1
DATABASE = "daka"
LOG_WIDTH = 132  # Where there is no terminal, e.g. in a log, lines need not break early.
SERVICES = ("upstream", "sms", "identity", "api", "worker")


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/simulation"),
    show_default=True,
    help="Database, files, logs and documents of the run; emptied at its start.",
)
@click.option(
    "--portraits",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/portraits"),
    show_default=True,
    help="Portraits of invented people; drawn if they are not there yet.",
)
@click.option("--once/--serve", default=True, help="Stop after the table, or go on serving.  [default: once]")
@click.pass_context
def simulate(ctx: click.Context, folder: Path, portraits: Path, *, once: bool) -> None:
    """Play the time-lapse; exit 1 if an outcome is not the one the rules demand."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    city = _city(portraits, console)
    start_afresh(folder)
    show = Show(console, BEGINS.date(), ENDS.date())
    show.say(f"示例城市 {len(city.firms)} 家企业，{BEGINS.date()} 至 {ENDS.date()}，全部经由 HTTP 接口办理。")
    ports = {} if once else PORTS
    try:
        with Stack(folder, at=BEGINS, ports=ports, services=SERVICES) as stack, ThreadPoolExecutor(4) as pool:
            world = make_world(stack, city, pool)
            is_lawful = _play(world, show, folder)
            show.say(f"用时 {show.seconds:.0f} 秒。")
            if not once:
                stay_open(stack, world, console)
    except (StartFailed, Problem, NoAnswer, Garbled, AssertionError) as error:
        raise click.ClickException(f"时间推演中断：{error}（日志见 {folder / 'logs'}）") from error
    if not is_lawful:
        show.say("有结果与规则不符。")
        ctx.exit(UNLAWFUL)


def make_world(stack: Stack, city: City, pool: ThreadPoolExecutor) -> World:
    """The running processes as stories see them, with two officers' accounts made."""
    admin, reviewer = _officers(stack)
    power = (stack.kill, stack.launch)
    return World(_addresses(stack), stack.clock, stack.tick, *power, city, admin, reviewer, pool)


def _play(world: World, show: Show, folder: Path) -> bool:
    """The stories and the reckoning; True if every outcome is the lawful one."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    open_city(world)
    stories = all_stories([firm.key for firm in world.city.firms])
    with show.running():
        desks = play(world, stories, show)
    titles = {story.key: story.title for story in stories}
    lines = reckon(world, desks, titles, folder=documents)
    show.table(lines, documents)
    return not any(line.differences for line in lines)


def _city(portraits: Path, console: Console) -> City:
    """The city with a portrait for everybody who comes; draws them the first time."""
    if not _drawn(portraits):
        console.print("准备示例人像（仅首次）……")
    # A folder without a manifest holds somebody's own pictures: those are taken as they are.
    if not _drawn(portraits) or (portraits / "manifest.json").is_file():
        draw_portraits(portraits, people_coming(), settings().cache_folder)
    folders = _drawn(portraits)
    try:
        return build_city(folders)
    except ValueError as error:
        raise click.ClickException(f"{portraits} 里只有 {len(folders)} 人的照片，不够用") from error


def _drawn(portraits: Path) -> list[Path]:
    return sorted(path for path in (portraits / "people").glob("*") if (path / "front.jpg").is_file())


def start_afresh(folder: Path) -> None:
    """Empty the folder of an earlier run; its database server is kept, what it holds is not.

    The new database does not wait for the disk: a power cut may cost a simulation.
    """
    for name in ("documents", "evidence", "logs", "keys"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "clock.json").unlink(missing_ok=True)
    url = embedded.sibling(embedded.start(folder / "postgres", "hall"), DATABASE, fresh=True)
    # Somebody else may just be setting the same.
    with psycopg.connect(url, autocommit=True) as connection, suppress(psycopg.errors.UniqueViolation):
        connection.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit = off")


def _addresses(stack: Stack) -> Addresses:
    urls = stack.urls
    token = stack.environment()["DAKA_UPSTREAM_TOKEN"]
    return Addresses(urls["api"], urls["upstream"], token, urls["sms"], urls["identity"])


def _officers(stack: Stack) -> tuple[Officer, Officer]:
    """An 管理员 and an 审核员, as `daka users add` makes them."""
    wanted = (("sim-admin", "示例管理员", Role.ADMIN), ("sim-review", "示例审核员", Role.REVIEWER))
    with stack.parts.sessions.begin() as session:
        made = [
            add_staff(session, username=name, name=shown, role=role, keys=stack.parts.keyring, now=BEGINS)
            for name, shown, role in wanted
        ]
    admin, reviewer = (
        Officer(one.username, one.password or "", parse_qs(urlsplit(one.totp_uri or "").query)["secret"][0])
        for one in made
    )
    return admin, reviewer
