"""Comparing picture files: what `daka face compare` and `daka face evaluate` stand on."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from verify_api.faces.engine import FaceEngine, Vectors
from verify_api.faces.images import MAX_BYTES, ImageRefused, open_image
from verify_api.faces.measure import only_face

SAME = 0.6  # the threshold that dlib's author gives for "one person" (King 2017)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file cannot be compared."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the answer: a distance, or the fault of one of the files."""

    a: str
    b: str
    distance: float | None = None
    fault: Fault | None = None
    file: str | None = None

    def to_mapping(self, threshold: float) -> dict[str, object]:
        """JSON form."""
        if self.distance is None:
            fault = self.fault or Fault("measure_failed", "照片无法分析")
            return {
                "a": self.a,
                "b": self.b,
                "error": fault.code,
                "file": self.file,
                "message": fault.message,
            }
        return {
            "a": self.a,
            "b": self.b,
            "distance": round(self.distance, 4),
            "same": self.distance <= threshold,
        }


def vector_of(engine: FaceEngine, file: Path) -> Vectors | Fault:
    """The vector of the only face in a file, or why there is none."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            return Fault("file_too_large", f"文件超过 {MAX_BYTES // 2**20} MB")
        image = open_image(file.read_bytes())
    except ImageRefused as refused:
        return Fault(refused.code, refused.message)
    except (OSError, ValueError):
        return Fault("file_missing", "文件不存在或无法读取")
    face, _, refusal = only_face(engine, image)
    if face is None:
        return Fault(refusal.code, refusal.message) if refusal else Fault("no_face", "照片中没有找到人脸")
    return engine.embed([(image, face)])


def compare_files(
    engine: FaceEngine, pairs: Sequence[tuple[str, str]], root: Path, *, threads: int | None = None
) -> Iterable[Compared]:
    """One answer a pair, in order; every file is measured once."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        vectors = dict(zip(names, pool.map(lambda name: vector_of(engine, root / name), names), strict=True))
    for a, b in pairs:
        yield _compared(engine, a, b, vectors[a], vectors[b])


def _compared(engine: FaceEngine, a: str, b: str, one: Vectors | Fault, other: Vectors | Fault) -> Compared:
    if isinstance(one, Fault):
        return Compared(a, b, fault=one, file=a)
    if isinstance(other, Fault):
        return Compared(a, b, fault=other, file=b)
    distance = engine.distance(one[0], other[0])
    if not distance >= 0:
        return Compared(a, b, fault=Fault("embedding_unusable", "照片的特征无法使用"), file=a)
    return Compared(a, b, distance=distance)
