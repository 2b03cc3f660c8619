"""The real engine and invented people with real frames, both made once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.portraits.frames import NAMES, all_prompts, as_frames
from tools.portraits.make import make
from verify_api.faces.engine import FaceEngine
from verify_api.faces.engines import load_engine
from verify_api.faces.measure import FaceMeasures, FrameIn, Reference, measure_frames
from verify_api.faces.policy import FacePolicy
from verify_api.faces.rules import FaceVerdict, judge_face

VAR = Path(__file__).parents[3] / "var"
WHEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PEOPLE = 4

Files = dict[str, bytes]


@pytest.fixture(scope="session")
def recogniser() -> FaceEngine:
    """The default engine, its network converted on first use."""
    return load_engine(VAR / "cache", None)


@pytest.fixture(scope="session")
def people() -> list[Files]:
    """JPEG files by name of a few people who do not exist."""
    manifest = make(VAR / "portraits", PEOPLE, VAR / "cache")
    folders = [VAR / "portraits" / one["folder"] for one in manifest["people"][:PEOPLE]]
    return [{name: (folder / f"{name}.jpg").read_bytes() for name in NAMES} for folder in folders]


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of real photographs that the people are drawn from."""
    make(VAR / "portraits", PEOPLE, VAR / "cache")
    return VAR / "portraits" / "source"


class Booth:
    """Somebody sends pictures for all five prompts; the booth measures and judges them."""

    def __init__(self, engine: FaceEngine) -> None:
        self.engine = engine
        self.prompts = all_prompts()

    def reference(self, photo: bytes) -> Reference:
        measures = measure_frames(self.engine, [FrameIn(1, 1, photo, WHEN)], None)
        assert measures.embedding is not None
        return Reference(self.engine.model_id, measures.embedding)

    def measure(self, files: Files, photo: bytes) -> FaceMeasures:
        return measure_frames(self.engine, as_frames(files, self.prompts), self.reference(photo))

    def judge(self, measures: FaceMeasures) -> FaceVerdict:
        return judge_face(
            measures, self.prompts, FacePolicy(), issued_at=WHEN, expires_at=WHEN + timedelta(seconds=90)
        )

    def verdict(self, files: Files, photo: bytes) -> FaceVerdict:
        return self.judge(self.measure(files, photo))


@pytest.fixture(scope="session")
def booth(recogniser: FaceEngine) -> Booth:
    """A camera booth at the default policy."""
    return Booth(recogniser)
