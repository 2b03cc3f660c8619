"""One phone session of an invented person, and the check that our own rules accept it like a real one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from tools.portraits.motion import Room, eyes_closed, mouth_open, reference_photo, shot, turned
from tools.portraits.people import Portrait
from tools.portraits.recipes import Recipe
from verify_api.faces.engine import FaceEngine, Image
from verify_api.faces.images import open_image
from verify_api.faces.measure import FrameIn, Reference, measure_frames
from verify_api.faces.policy import FacePolicy
from verify_api.faces.rules import SAY, Ask, FaceVerdict, Outcome, Prompt, judge_face

NAMES = (
    "reference", "front", "blink_1", "blink_2", "blink_3", "turn_left", "turn_right", "mouth_1", "mouth_2",
    "mouth_3",
)  # fmt: skip
# Which files answer which prompt, in the order in which a phone sends them.
ANSWERS = {
    Ask.FRONT: ("front",),
    Ask.BLINK: ("blink_1", "blink_2", "blink_3"),
    Ask.TURN_LEFT: ("turn_left",),
    Ask.TURN_RIGHT: ("turn_right",),
    Ask.OPEN_MOUTH: ("mouth_1", "mouth_2", "mouth_3"),
}
TURN = 33.0  # degrees
WHEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Checked:
    """How our own rules see the set: the verdict over all five prompts, and the reference's vector."""

    verdict: FaceVerdict
    embedding: tuple[float, ...] | None
    farthest: float

    @property
    def is_usable(self) -> bool:
        """Accepted, and every frame close to the reference."""
        return self.verdict.outcome is Outcome.ACCEPTED and self.farthest < 0.4


def jpeg(image: Image, quality: int = 90) -> bytes:
    """JPEG bytes of an RGB picture."""
    done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return bytes(data)


def session(person: Portrait, recipe: Recipe) -> dict[str, bytes]:
    """JPEG files by name: the registry's photograph and one answer to each prompt."""
    rng = np.random.Generator(np.random.PCG64([recipe.numbers[0], 5]))
    room = Room.furnish(rng)
    poses = {
        "blink_2": eyes_closed(person, recipe.lids),
        "turn_left": turned(person, TURN),
        "turn_right": turned(person, -TURN),
        "mouth_2": mouth_open(person, recipe.mouth),
    }
    files = {"reference": jpeg(reference_photo(person), 92)}
    for name in NAMES[1:]:
        files[name] = jpeg(shot(poses.get(name, person), room, rng), int(rng.integers(84, 93)))
    return files


def taken_again(files: Mapping[str, bytes], seed: int) -> dict[str, bytes]:
    """The same session shot once more by another hand: framing, light and noise differ in every picture."""
    rng = np.random.Generator(np.random.PCG64([seed, 6]))
    again = {"reference": files["reference"]}
    for name in NAMES[1:]:
        image = open_image(files[name])
        height, width = image.shape[:2]
        place = cv2.getRotationMatrix2D(
            (width / 2, height / 2), rng.uniform(-2.4, 2.4), rng.uniform(0.98, 1.03)
        )
        place[:, 2] += rng.uniform(-0.015, 0.015, 2) * (width, height)
        moved = cv2.warpAffine(image, place, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        noise = rng.standard_normal((height, width, 1), np.float32) * 1.8
        again[name] = jpeg(np.clip(moved * rng.uniform(0.96, 1.04) + noise, 0, 255).astype(np.uint8), 92)
    return again


def is_robust(engine: FaceEngine, files: Mapping[str, bytes], takes: int = 2) -> bool:
    """Whether the set passes as drawn and in several further takes of the same movements."""
    policy = FacePolicy()
    shots = (files, *(taken_again(files, seed) for seed in range(takes)))
    return all(check(engine, shot_, policy).is_usable for shot_ in shots)


def all_prompts() -> tuple[Prompt, ...]:
    """Every movement, front first."""
    return tuple(Prompt(n, ask, SAY[ask]) for n, ask in enumerate(ANSWERS, start=1))


def as_frames(files: Mapping[str, bytes], prompts: tuple[Prompt, ...]) -> list[FrameIn]:
    """The upload that answers these prompts."""
    return [
        FrameIn(prompt.n, seq, files[name], WHEN + timedelta(seconds=5))
        for prompt in prompts
        for seq, name in enumerate(ANSWERS[prompt.ask], start=1)
    ]


def check(engine: FaceEngine, files: Mapping[str, bytes], policy: FacePolicy) -> Checked:
    """Judge the set as the service would judge an upload."""
    photo = measure_frames(engine, [FrameIn(1, 1, files["reference"], WHEN)], None)
    reference = Reference(engine.model_id, photo.embedding) if photo.embedding else None
    prompts = all_prompts()
    measures = measure_frames(engine, as_frames(files, prompts), reference)
    verdict = judge_face(measures, prompts, policy, issued_at=WHEN, expires_at=WHEN + timedelta(seconds=90))
    distances = [frame.face.distance for frame in measures.frames if frame.face is not None]
    return Checked(verdict, photo.embedding, max((d for d in distances if d is not None), default=9.0))
