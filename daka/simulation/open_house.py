"""After the time-lapse: everything goes on running, with accounts to look around with."""

import time

import click
import pyotp
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from daka.serve import ADDRESSES
from daka.simulation.world import World
from daka.stack import Stack

STAY = ("scheduler", "phone")


def stay_open(stack: Stack, world: World, console: Console) -> None:
    """Start what a time-lapse does not need, print addresses and accounts, and stay until interrupted."""
    for name in STAY:
        stack.launch(name)
    console.print(_addresses(stack))
    console.print(_accounts(world))
    try:
        _keep_tokens(stack, world, console)
    except KeyboardInterrupt:
        return


def _addresses(stack: Stack) -> Table:
    table = Table(title="地址", title_justify="left", show_header=False)
    for (service, path), words in ADDRESSES.items():
        table.add_row(words.strip(), f"{stack.urls[service]}{path}")
    return table


def _accounts(world: World) -> Table:
    table = Table(title="示例账号（模拟时钟从 2026-06-30 继续走）", title_justify="left")
    for name in ("谁", "账号", "密码或说明"):
        table.add_column(name, overflow="fold")
    table.add_row("管理员", world.admin_officer.account, world.admin.password)
    table.add_row("审核员", world.reviewer_officer.account, world.reviewer.password)
    for key, words in (
        ("live-checkin", "待打卡企业"),
        ("live-review", "待审核企业"),
        ("live-board", "整改中企业"),
    ):
        firm = world.city.firm(key)
        table.add_row(words, firm.uscc, f"用“忘记密码”重置，验证码见短信收件箱（{firm.contact_phone}）")
    firm = world.city.firm("live-checkin")
    person = firm.going[0]
    lng, lat = firm.point
    said = f"{person.id_number}，验证码见收件箱（{person.phone}）；打卡点 {lat:.5f}, {lng:.5f}（WGS-84）"
    table.add_row("打卡人员", person.name, said)
    return table


def _keep_tokens(stack: Stack, world: World, console: Console) -> None:
    """The officers' one-time codes, renewed on the spot: nobody needs an authenticator to look around."""
    with Live(console=console, refresh_per_second=1, transient=True) as live:
        while (ended := stack.watch()) is None:
            codes = "   ".join(
                f"{officer.account} {pyotp.TOTP(officer.totp_secret).now()}"
                for officer in (world.admin_officer, world.reviewer_officer)
            )
            live.update(Text(f"动态口令  {codes}    按 Ctrl-C 停止"))
            time.sleep(1)
    raise click.ClickException(f"进程 {ended} 已退出，日志见 {stack.folder / 'logs'}")
