"""Recipes: a few integers per invented person, found by `search`, kept with the code."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).with_name("recipes.json")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Seed and steps of the vector, and how this person closes the eyes and opens the mouth."""

    numbers: tuple[int, ...]
    lids: float = 8.0
    mouth: float = 1.0


def load(file: Path = FILE) -> list[Recipe]:
    """All recipes, in order of discovery."""
    return [
        Recipe(tuple(entry["numbers"]), entry["lids"], entry["mouth"])
        for entry in json.loads(file.read_text())
    ]


def save(recipes: Sequence[Recipe], file: Path = FILE) -> None:
    """One recipe a line."""
    lines = ",\n".join(json.dumps(asdict(recipe)) for recipe in recipes)
    file.write_text(f"[\n{lines}\n]\n")
