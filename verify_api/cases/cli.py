"""`daka draw`: anybody can do a recorded 双随机 again, without a database."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from registry.errors import DakaError
from verify_api.cases import drawing
from verify_api.cases.drawing import Drawn, Replay


@click.group()
def draw() -> None:
    """双随机抽取."""


@draw.command("replay")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.pass_context
def replay_command(ctx: click.Context, file: Path) -> None:
    """按公开的抽取记录（JSON）重新抽取并比对；不一致时退出码为 3."""
    try:
        record: Any = json.loads(_text(file))
        found = _replay(record)
    except DakaError as error:
        raise click.UsageError(error.message) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise click.UsageError(f"不是抽取记录：{error!r}") from None
    answer = {
        "ok": found.ok,
        "population_digest": found.digest,
        "is_same_population": found.is_same_population,
        "is_same_outcome": found.is_same_outcome,
        "drawn": [{"uscc": one.uscc, "officer": one.officer} for one in found.drawn],
    }
    click.echo(json.dumps(answer, ensure_ascii=False))
    if not found.ok:
        ctx.exit(3)


@draw.command("make")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--seed", required=True, help="随机种子")
@click.option("--size", type=int, required=True, help="抽取数量")
def make_command(file: Path, seed: str, size: int) -> None:
    """从名单（每行一个统一社会信用代码）抽取，输出抽取记录."""
    codes = [line.strip() for line in _text(file).splitlines() if line.strip()]
    try:
        drawn = drawing.draw(seed, codes, size)
    except DakaError as error:
        raise click.UsageError(error.message) from None
    record = {
        "seed": seed,
        "size": size,
        "population_digest": drawing.digest_of(codes),
        "population": sorted(set(codes)),
        "officers": [],
        "drawn": [{"uscc": one.uscc, "officer": one.officer} for one in drawn],
    }
    click.echo(json.dumps(record, ensure_ascii=False))


def _replay(record: dict[str, Any]) -> Replay:
    return drawing.replay(
        seed=str(record["seed"]),
        population=[str(code) for code in record["population"]],
        size=int(record["size"]),
        officers=[str(name) for name in record.get("officers", [])],
        recorded_digest=str(record["population_digest"]),
        recorded=[Drawn(one["uscc"], one.get("officer")) for one in record["drawn"]],
    )


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"无法读取 {file}：{error}") from None
