"""`daka face`: compare picture files, calibrate on pairs."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import click

from registry.crypto import Keyring
from registry.db import Sessions
from registry.errors import DakaError
from verify_api.faces.compare import SAME, compare_files
from verify_api.faces.engine import FaceEngine
from verify_api.faces.engines import load_engine
from verify_api.faces.evaluate import Evaluation, NothingToEvaluate, Rates, evaluate, to_svg
from verify_api.faces.policy import FacePolicy
from verify_api.faces.queries import key_ids
from verify_api.faces.service import rotate_keys
from verify_api.settings import settings

YES = {"1", "true", "yes", "same", "y", "t", "是"}
NO = {"0", "false", "no", "different", "n", "f", "否", "-1"}

FAR_LIMITS = (0.001, 0.01)

File = click.Path(exists=True, dir_okay=False, path_type=Path)
Folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def face() -> None:
    """人脸：比对照片，按本单位人员标定阈值。"""


def _engine() -> FaceEngine:
    try:
        return load_engine(settings().cache_folder, settings().face_model_file)
    except DakaError as error:
        raise click.ClickException(error.message) from error
    except OSError as error:
        raise click.ClickException(f"模型缓存目录无法使用：{error.strerror}") from error


def _rows(file: Path, columns: int) -> list[list[str]]:
    """Rows below the header, each with at least so many columns, spaces cut off."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = [[cell.strip() for cell in row] for row in csv.reader(source) if any(map(str.strip, row))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file.name} 不是 UTF-8 编码的 CSV 文件") from error
    if not rows:
        raise click.ClickException(f"{file.name} 是空的：第一行应为表头")
    for number, row in enumerate(rows, start=1):
        if len(row) < columns or not all(row[:columns]):
            raise click.ClickException(f"{file.name} 第 {number} 行不足 {columns} 列")
    return rows[1:]


def _say(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


@face.command()
@click.argument("files", nargs=-1, type=File)
@click.option("--pairs", type=File, help="CSV：有表头，前两列为文件名")
@click.option("--root", type=Folder, default=Path(), help="CSV 中文件名所在的目录")
@click.option("--threshold", type=click.FloatRange(0, 2), default=SAME, show_default=True)
@click.pass_context
def compare(
    ctx: click.Context, files: tuple[Path, ...], pairs: Path | None, root: Path, threshold: float
) -> None:
    """Two pictures, or every pair of a CSV: one line of JSON each. Exit 3: not the same person."""
    if pairs is not None and not files:
        for found in compare_files(_engine(), [(row[0], row[1]) for row in _rows(pairs, 2)], root):
            _say(found.to_mapping(threshold))
        return
    if pairs is not None or len(files) != 2:
        raise click.UsageError("请给出两个照片文件，或 --pairs 文件")
    (found,) = compare_files(_engine(), [(str(files[0]), str(files[1]))], Path())
    _say(found.to_mapping(threshold))
    if found.distance is None:
        raise click.ClickException(f"{found.file}：{found.fault.message if found.fault else '照片无法分析'}")
    if found.distance > threshold:
        ctx.exit(3)


@face.command("evaluate")
@click.option("--pairs", type=File, required=True, help="CSV：有表头，列为 文件, 文件, 是否同一人(1/0)")
@click.option("--root", type=Folder, default=Path(), help="CSV 中文件名所在的目录")
@click.option(
    "--svg", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="曲线图写到此文件"
)
@click.option("--step", type=click.FloatRange(0.001, 0.5), default=0.01, show_default=True)
def evaluate_pairs(pairs: Path, root: Path, svg: Path | None, step: float) -> None:
    """FAR and FRR for every threshold over labelled pairs, and the bands that follow from them."""
    rows = _rows(pairs, 3)
    labels = [_label(row[2], number) for number, row in enumerate(rows, start=2)]
    engine = _engine()
    compared = list(compare_files(engine, [(row[0], row[1]) for row in rows], root))
    usable = [(c.distance, same) for c, same in zip(compared, labels, strict=True) if c.distance is not None]
    try:
        result = evaluate(usable, step=step)
    except NothingToEvaluate as error:
        raise click.ClickException(str(error)) from error
    if svg is not None:
        policy = FacePolicy()
        svg.write_text(to_svg(result, accept=policy.accept, review=policy.review, title=engine.model_id))
    faults = [c.to_mapping(SAME) for c in compared if c.distance is None]
    _say(_report(engine.model_id, result, faults))


@face.command()
def rotate() -> None:
    """Bring every stored template under the current key, the last one in DAKA_DATA_KEYS."""
    from verify_api.parts import make_parts  # The database is not for those who only compare two files.

    parts = make_parts(settings())
    done = 0
    try:
        while moved := _rotated(parts.sessions, parts.keyring):
            done += moved
        with parts.sessions() as session:
            left = [key for key in key_ids(session) if key != parts.keyring.current]
    except DakaError as error:
        raise click.ClickException(error.message) from error
    finally:
        parts.engine.dispose()
    _say({"key": parts.keyring.current, "templates": done, "still_under": left})


def _rotated(sessions: Sessions, keyring: Keyring) -> int:
    with sessions.begin() as session:
        return rotate_keys(session, keyring=keyring)


def _label(text: str, row: int) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise click.ClickException(f"第 {row} 行第三列应为 1（同一人）或 0（不同人）")


def _report(model_id: str, result: Evaluation, faults: Sequence[dict[str, object]]) -> dict[str, object]:
    return {
        "model": model_id,
        "same_pairs": result.same_pairs,
        "different_pairs": result.different_pairs,
        "equal_error": _rates(result.equal_error),
        "at_far": {str(limit): _rates(result.at_far(limit)) for limit in FAR_LIMITS},
        "warnings": [
            f"不同人照片对只有 {result.different_pairs} 对，"
            f"不足以证明误识率低于 {limit:.1%}（至少 {3 / limit:.0f} 对）"
            for limit in FAR_LIMITS
            if not result.proves_far(limit)
        ],
        "thresholds": [_rates(r) for r in result.curve],
        "unusable": list(faults),
    }


def _rates(rates: Rates | None) -> dict[str, float] | None:
    if rates is None:
        return None
    return {"threshold": rates.threshold, "far": round(rates.far, 5), "frr": round(rates.frr, 5)}
