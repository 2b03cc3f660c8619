"""How the recipes were found. Slow (a minute for some five people); run once, its result is kept.

A linear model of "numbers → embedding" is fitted to everything drawn so far. It picks, among hundreds of
possible steps, the one that should lead farthest away from all accepted people; only that one is drawn and
measured.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tools.portraits.canvas import Base
from tools.portraits.frames import is_robust, jpeg, session
from tools.portraits.motion import eyes_closed, mouth_open, reference_photo
from tools.portraits.people import Numbers, Portrait, mutated, numbers_of, portrait
from tools.portraits.recipes import Recipe
from verify_api.faces import landmarks
from verify_api.faces.engine import Face, FaceEngine, Points
from verify_api.faces.images import open_image

APART = 0.615  # the set-up asks for 0.6
FIRST, CHOICES, TRIES, SETTLING = 30, 600, 5, 6
LIDS, MOUTHS = (6.0, 8.0, 11.0, 15.0), (0.65, 0.8, 1.0, 1.3, 1.6)
EYES_LEFT, RISE = 0.70, 0.29  # needed; and clear enough to look no further:
CLEAR_LEFT, CLEAR_RISE = 0.58, 0.42


@dataclass(slots=True)
class Search:
    """Everything drawn so far and the people accepted among it."""

    engine: FaceEngine
    bases: Sequence[Base]
    drawn: list[Numbers] = field(default_factory=list)
    vectors: list[npt.NDArray[np.float64]] = field(default_factory=list)
    people: list[npt.NDArray[np.float64]] = field(default_factory=list)
    recipes: list[Recipe] = field(default_factory=list)

    def run(self, *, count: int, seconds: float, start: int = 0) -> list[Recipe]:
        """Recipes of up to `count` people who lie apart and pass the liveness check."""
        until, first = time.monotonic() + seconds, start
        while len(self.recipes) < count and time.monotonic() < until:
            self._one(first)
            first += FIRST
        return self.recipes

    def _one(self, first: int) -> None:
        numbers, seed = self._best_start(first)
        if self._tuned(Recipe((seed,)), portrait(numbers, self.bases)) is None:
            return  # A face whose movements do not show hardly gets better on the way.
        steps: list[int] = []
        vector = self._draw(numbers)
        tries = 0
        while vector is not None and self._apart(vector) <= APART and tries < TRIES:
            step = self._best_step(numbers, vector, seed, tries * CHOICES)
            tries += 1
            moved = mutated(numbers, seed, step)
            found = self._draw(moved)
            if found is not None and self._apart(found) > self._apart(vector):
                numbers, vector, tries = moved, found, 0
                steps.append(step)
        if vector is not None and self._apart(vector) > APART:
            self._settle(vector, numbers, seed, steps)

    def _settle(self, vector: npt.NDArray[np.float64], numbers: Numbers, seed: int, steps: list[int]) -> None:
        """Keep the person if natural movements of theirs pass our own check; else vary the face a little."""
        for attempt in range(SETTLING):
            person = portrait(numbers, self.bases)
            tuned = self._tuned(Recipe((seed, *steps)), person)
            if tuned is not None and is_robust(self.engine, session(person, tuned)):
                self.people.append(vector)
                self.recipes.append(tuned)
                return
            step = self._best_step(numbers, vector, seed, (TRIES + attempt) * CHOICES)
            moved = mutated(numbers, seed, step)
            found = self._draw(moved)
            if found is not None and self._apart(found) > APART:
                numbers, vector = moved, found
                steps.append(step)

    def resume(self, known: Sequence[Recipe]) -> None:
        """Take over recipes found before."""
        for recipe in known:
            vector = self._draw(numbers_of(recipe.numbers))
            if vector is not None:
                self.people.append(vector)
                self.recipes.append(recipe)

    def _tuned(self, recipe: Recipe, person: Portrait) -> Recipe | None:
        """Lids and mouth moved so that the landmarks follow, or None if no amount of it shows clearly."""
        image = reference_photo(person)
        faces = self.engine.find(image)
        if len(faces) != 1:
            return None
        calm = self.engine.landmarks(image, faces[0])
        shut = ((self._eyes_left(calm, faces[0], eyes_closed(person, skin)), skin) for skin in LIDS)
        left, skin = _until(shut, lambda found: found < CLEAR_LEFT)
        if left > EYES_LEFT:
            return None
        opened = ((-self._rise(calm, faces[0], mouth_open(person, share)), share) for share in MOUTHS)
        fall, share = _until(opened, lambda found: found < -CLEAR_RISE)
        return replace(recipe, lids=skin, mouth=share) if -fall > RISE else None

    def _eyes_left(self, calm: Points, face: Face, person: Portrait) -> float:
        """Share of the eyes' opening that is left, of the eye that is less closed."""
        seen = self.engine.landmarks(reference_photo(person), face)
        eyes = (landmarks.EYE_LEFT, landmarks.EYE_RIGHT)
        return max(landmarks.eye_aspect(seen, eye) / landmarks.eye_aspect(calm, eye) for eye in eyes)

    def _rise(self, calm: Points, face: Face, person: Portrait) -> float:
        seen = self.engine.landmarks(reference_photo(person), face)
        return landmarks.mouth_aspect(seen) - landmarks.mouth_aspect(calm)

    def _draw(self, numbers: Numbers) -> npt.NDArray[np.float64] | None:
        image = open_image(jpeg(reference_photo(portrait(numbers, self.bases)), 92))
        faces = self.engine.find(image)
        if len(faces) != 1:
            return None
        vector = self.engine.embed([(image, faces[0])])[0].astype(np.float64)
        self.drawn.append(numbers)
        self.vectors.append(vector)
        return vector

    def _apart(self, vector: npt.NDArray[np.float64]) -> float:
        return min((float(np.linalg.norm(vector - other)) for other in self.people), default=9.0)

    def _slope(self) -> npt.NDArray[np.float64]:
        """Ridge regression of the embedding on the numbers."""
        x, y = np.array(self.drawn), np.array(self.vectors)
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        return np.asarray(np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ y))

    def _best_start(self, first: int) -> tuple[Numbers, int]:
        if len(self.drawn) < 40:
            return numbers_of([first]), first
        seeds = list(range(first, first + FIRST))
        candidates = np.array([numbers_of([seed]) for seed in seeds])
        expected = (candidates - np.mean(self.drawn, axis=0)) @ self._slope() + np.mean(self.vectors, axis=0)
        best = self._farthest(expected)
        return candidates[best], seeds[best]

    def _best_step(self, numbers: Numbers, vector: npt.NDArray[np.float64], seed: int, first: int) -> int:
        steps = range(first, first + CHOICES)
        moved = np.array([mutated(numbers, seed, step) for step in steps])
        return first + self._farthest(vector + (moved - numbers) @ self._slope())

    def _farthest(self, expected: npt.NDArray[np.float64]) -> int:
        people = np.array(self.people)
        squared = (expected**2).sum(1)[:, None] + (people**2).sum(1)[None] - 2 * expected @ people.T
        return int(squared.min(axis=1).argmax())


def _until(found: Iterable[tuple[float, float]], is_clear: Callable[[float], bool]) -> tuple[float, float]:
    """The smallest pair, looking no further than the first clear one."""
    best = (9.0, 0.0)
    for pair in found:
        best = min(best, pair)
        if is_clear(best[0]):
            break
    return best
