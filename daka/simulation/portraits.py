"""Drawing the portraits of the invented people, with the tool that lies beside the packages."""

from importlib import import_module
from pathlib import Path

import click

RECIPES_MISSING = "找不到 tools/portraits：请在项目根目录运行，或先用 python -m tools.portraits make 生成人像"


def draw_portraits(folder: Path, people: int, cache: Path) -> None:
    """Draw up to `people` of them; fewer recipes than that are drawn as far as they go."""
    try:
        recipes = import_module("tools.portraits.recipes")
        drawing = import_module("tools.portraits.make")
    except ModuleNotFoundError:
        raise click.ClickException(RECIPES_MISSING) from None
    try:
        drawing.make(folder, min(people, len(recipes.load())), cache)
    except SystemExit as error:
        raise click.ClickException(f"示例人像未能生成：{error}") from None
