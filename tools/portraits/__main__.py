"""`python -m tools.portraits fetch|make|search`."""

from pathlib import Path

import click

from tools.portraits import recipes, source
from tools.portraits.canvas import load_bases
from tools.portraits.make import make
from tools.portraits.search import Search
from verify_api.faces.engines import load_engine
from verify_api.settings import settings

to_folder = click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), default=Path("var/portraits"), show_default=True
)


@click.group()
def cli() -> None:
    """Portraits of invented people for demo and tests."""


@cli.command("fetch")
@to_folder
def fetch(to: Path) -> None:
    """Download the photographs (2.7 MB, hash checked) unless they are there."""
    click.echo(source.fetch(to))


@cli.command("make")
@to_folder
@click.option("--people", type=click.IntRange(1), help="How many; all there are recipes for if not given.")
def make_people(to: Path, people: int | None) -> None:
    """Draw the people with all their frames unless they are there."""
    manifest = make(to, people or len(recipes.load()), settings().cache_folder)
    click.echo(f"{len(manifest['people'])} people in {to / 'people'}")


@cli.command("search")
@to_folder
@click.option("--people", type=click.IntRange(1), default=150, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=1800, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=recipes.FILE)
def search(to: Path, people: int, seconds: int, out: Path) -> None:
    """Find recipes anew. Needed only when the drawing changes."""
    engine = load_engine(settings().cache_folder, None)
    bases = load_bases(source.fetch(to), engine)
    found = Search(engine, bases).run(count=people, seconds=seconds)
    recipes.save(found, out)
    click.echo(f"{len(found)} recipes in {out}")


if __name__ == "__main__":
    cli()
