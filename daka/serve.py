"""`daka serve | api | worker | scheduler | migrate`: the processes of an installation."""

import logging
import time
from datetime import datetime
from pathlib import Path

import click
import uvicorn

from daka.stack import HOST, PORTS, Stack
from scheduler.clock import run as run_scheduler
from verify_api import worker as work
from verify_api.app import create_app
from verify_api.outside import make_outside
from verify_api.parts import make_parts
from verify_api.production import faults
from verify_api.settings import Settings, settings


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "apscheduler.executors.default", "fontTools", "pyhanko"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _sound() -> Settings:
    """The settings of an installation that may start.

    Raises:
        UsageError: Every fault at once.
    """
    own = settings()
    if wrong := faults(own):
        raise click.UsageError("拒绝启动：" + "；".join(wrong))
    return own


@click.command()
@click.option("--port", default=PORTS["api"], show_default=True)
@click.option("--host", default=HOST, show_default=True)
def api(port: int, host: str) -> None:
    """Serve HTTP (pages and APIs). Start as many as needed behind a gateway."""
    _log()
    parts = make_parts(_sound())
    uvicorn.run(create_app(parts), host=host, port=port, log_level="warning", access_log=False)


@click.command()
def worker() -> None:
    """Take queued verifications. Start as many as there are cores to spare."""
    _log()
    work.run(make_parts(_sound(), pool_size=4))


@click.command()
def scheduler() -> None:
    """Run the clock. Two of them do no harm."""
    _log()
    parts = make_parts(_sound(), pool_size=6)
    run_scheduler(parts, make_outside(parts))


@click.command()
def migrate() -> None:
    """Bring the database to the newest version. Every process does so at its start as well."""
    make_parts(settings())
    click.echo("数据库已是最新版本")


@click.command()
@click.option("--port", default=PORTS["api"], show_default=True)
def serve(port: int) -> None:
    """Everything on this machine: service, worker, scheduler, and stand-ins where nothing real is set."""
    own = settings()
    services = ("upstream", "sms", "identity", "api", "worker", "scheduler", "phone")
    run_stack(own.var, at=None, services=services, ports=PORTS | {"api": port})


def run_stack(folder: Path, *, at: datetime | None, services: tuple[str, ...], ports: dict[str, int]) -> None:
    """Run a stack in the foreground until interrupted or until one of its processes ends."""
    with Stack(folder, at=at, ports=ports, services=services) as stack:
        for name, words in ADDRESSES.items():
            click.echo(f"{words}  {stack.urls[name[0]]}{name[1]}")
        click.echo("按 Ctrl-C 停止")
        try:
            while (ended := stack.watch()) is None:
                time.sleep(1)
        except KeyboardInterrupt:
            return
        raise click.ClickException(f"进程 {ended} 已退出，日志见 {folder / 'logs'}")


ADDRESSES = {
    ("api", "/console"): "工作人员控制台",
    ("api", "/portal"): "企业门户      ",
    ("phone", "/"): "打卡页面      ",
    ("sms", "/"): "短信收件箱    ",
}
