"""How fast a face is verified, beside `face_recognition`'s documented calls, and how fast one is found.

The same pictures go through both in the same run: decode, detect, align, embed, compare. Every decision at
0.6 is compared pair by pair.
"""

import io
import statistics
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from tools.portraits.frames import jpeg
from tools.portraits.make import make
from verify_api.faces.cache import converted_network, prepare
from verify_api.faces.compare import SAME
from verify_api.faces.dlib_engine import DlibEngine, chip
from verify_api.faces.engine import FaceEngine
from verify_api.faces.engines import load_engine
from verify_api.faces.images import open_image
from verify_api.faces.weights import RECOGNITION, weights

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # The peer imports pkg_resources.
    import face_recognition

VAR = Path("var")
PEOPLE = 4
SIZES = ((640, 480), (800, 600), (960, 720), (1280, 720))
NEAR, FAR = 0.45, 0.3  # share of the shorter side that the face takes: a phone in the hand, an arm stretched
ROUNDS = 3
TEMPLATES = 100_000
QUERIES = 200

Work = Callable[[bytes], npt.NDArray[np.float64]]


def milliseconds(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def pictures() -> list[bytes]:
    """JPEG files: real photographs cropped to 640×480 … 1280×720, and frames of invented people."""
    manifest = make(VAR / "portraits", PEOPLE, VAR / "cache")
    found = []
    for name in ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"):
        found += [_cropped(VAR / "portraits" / "source" / name, size) for size in SIZES]
    for one in manifest["people"][:PEOPLE]:
        folder = VAR / "portraits" / one["folder"]
        found += [(folder / f"{name}.jpg").read_bytes() for name in ("reference", "front")]
    return found


def _cropped(file: Path, size: tuple[int, int], share: float = NEAR) -> bytes:
    """The face in the middle at this share of the shorter side."""
    image = open_image(file.read_bytes())
    (top, right, bottom, left), *_ = face_recognition.face_locations(image)
    scale = share * min(size) / (bottom - top)
    middle = ((left + right) / 2, (top + bottom) / 2)
    place = cv2.getRotationMatrix2D(middle, 0, scale)
    place[:, 2] += np.array(size) / 2 - np.array(middle)
    return jpeg(np.asarray(cv2.warpAffine(image, place, size, borderMode=cv2.BORDER_REFLECT), np.uint8), 92)


def peer(data: bytes) -> npt.NDArray[np.float64]:
    """As the peer's documentation does it: load, then the encodings of all faces found; the first one."""
    return np.asarray(face_recognition.face_encodings(face_recognition.load_image_file(io.BytesIO(data)))[0])


def ours(engine: FaceEngine) -> Work:
    """Decode, detect, align, embed."""

    def work(data: bytes) -> npt.NDArray[np.float64]:
        image = open_image(data)
        return np.asarray(engine.embed([(image, engine.find(image)[0])])[0], np.float64)

    return work


def verification(engine: FaceEngine, files: Sequence[bytes]) -> dict[str, list[npt.NDArray[np.float64]]]:
    """One verification: a new picture against a known vector; both sides turn by turn on the same picture."""
    sides: dict[str, Work] = {"ours": ours(engine), "peer": peer}
    known = {side: [work(data) for data in files] for side, work in sides.items()}
    times: dict[str, dict[int, list[float]]] = {side: {k: [] for k in range(len(files))} for side in sides}
    for _ in range(ROUNDS):
        for k, data in enumerate(files):
            for side, work in sides.items():
                reference = known[side][0]
                took = milliseconds(lambda w=work, d=data, r=reference: np.linalg.norm(w(d) - r) <= SAME)
                times[side][k].append(took)
    sizes = [Pictures.open(io.BytesIO(data)).size for data in files]
    for size in sorted(set(sizes)):
        _compared(f"{size[0]}×{size[1]}", times, [k for k, s in enumerate(sizes) if s == size])
    _compared("all", times, range(len(files)))
    return known


def farther(engine: FaceEngine) -> None:
    """Smaller faces cost us a second search and the peer nothing: where we look worst, upright frames too."""
    work, source = ours(engine), VAR / "portraits" / "source"
    for size in ((640, 480), (480, 640), (720, 1280)):
        files = [_cropped(source / name, size, FAR) for name in ("obama.jpg", "biden.jpg")]
        times: dict[str, dict[int, list[float]]] = {"ours": {}, "peer": {}}
        for k, data in enumerate(files):
            for side, run in (("ours", work), ("peer", peer)):
                times[side][k] = [milliseconds(lambda r=run, d=data: r(d)) for _ in range(ROUNDS)]
        _compared(f"{size[0]}×{size[1]} small face", times, range(len(files)))


def decisions(known: dict[str, list[npt.NDArray[np.float64]]]) -> None:
    """Every pair of pictures, decided by both sides at 0.6."""
    pairs = list(combinations(range(len(known["ours"])), 2))
    decided = {
        side: [bool(np.linalg.norm(v[a] - v[b]) <= SAME) for a, b in pairs] for side, v in known.items()
    }
    equal = sum(a == b for a, b in zip(decided["ours"], decided["peer"], strict=True))
    print(f"decisions    equal  {equal} of {len(pairs)} pairs ({sum(decided['peer'])} same person)")


def _compared(name: str, times: dict[str, dict[int, list[float]]], chosen: Sequence[int]) -> None:
    mine, theirs = ([t for k in chosen for t in times[side][k]] for side in ("ours", "peer"))
    ratio = statistics.median(theirs) / statistics.median(mine)
    print(
        f"verification {name:9} ours {statistics.median(mine):6.1f} ms (p95 {_p95(mine):6.1f})   "
        f"face_recognition {statistics.median(theirs):6.1f} ms (p95 {_p95(theirs):6.1f})   {ratio:5.1f} ×"
    )


def _p95(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95))


def parity(engine: FaceEngine, files: Sequence[bytes]) -> None:
    """Largest difference of an embedding's component to dlib's own network on the same chips."""
    import dlib

    network = dlib.face_recognition_model_v1(str(weights(RECOGNITION)))
    worst = 0.0
    for data in files:
        image = open_image(data)
        face = engine.find(image)[0]
        theirs = np.array(network.compute_face_descriptor(chip(image, face)))
        worst = max(worst, float(np.abs(engine.embed([(image, face)])[0] - theirs).max()))
    print(f"parity       largest difference of a component {worst:.1e}")


def parts(engine: FaceEngine, files: Sequence[bytes]) -> None:
    """Where the time goes."""
    images = [open_image(data) for data in files]
    faces = [engine.find(image)[0] for image in images]
    batch = list(zip(images, faces, strict=True))[:8]
    opencv = _by_opencv()
    steps: dict[str, Callable[[int], object]] = {
        "decode": lambda k: open_image(files[k]),
        "detect + 5 points": lambda k: engine.find(images[k]),
        "68 points": lambda k: engine.landmarks(images[k], faces[k]),
        "align": lambda k: chip(images[k], faces[k]),
        "align + embed": lambda k: engine.embed([(images[k], faces[k])]),
        "same by OpenCV DNN": lambda k: opencv(prepare([chip(images[k], faces[k])])),
    }
    for name, step in steps.items():
        times = [milliseconds(lambda s=step, i=k: s(i)) for _ in range(ROUNDS) for k in range(len(files))]
        print(f"part         {name:18} {statistics.median(times):7.2f} ms")
    each = statistics.median(milliseconds(lambda: engine.embed(batch)) / len(batch) for _ in range(7))
    print(f"part         {'embed, batch of 8':18} {each:7.2f} ms a face")


def _by_opencv() -> Callable[[npt.NDArray[np.float32]], object]:
    """The same converted network in OpenCV's DNN module: why the engine does not use it."""
    file = converted_network(weights(RECOGNITION), VAR / "cache")
    net = cv2.dnn.readNetFromONNX(str(file), cv2.dnn.ENGINE_CLASSIC)

    def run(batch: npt.NDArray[np.float32]) -> object:
        net.setInput(batch)
        return net.forward()

    return run


def threads(engine: FaceEngine, files: Sequence[bytes]) -> None:
    """Verifications a second with one and with two threads of one process."""
    work = ours(engine)
    speed = {count: max(_speed(work, files, count) for _ in range(ROUNDS)) for count in (1, 2)}
    print(f"threads      one {speed[1]:6.1f}/s   two {speed[2]:6.1f}/s   ratio {speed[2] / speed[1]:.2f}")


def _speed(work: Work, files: Sequence[bytes], count: int) -> float:
    """Of threads that have each verified once before, as the threads of a worker have."""
    ready = threading.Barrier(count + 1)

    def loop() -> None:
        work(files[0])
        ready.wait()
        for data in files:
            work(data)

    running = [threading.Thread(target=loop) for _ in range(count)]
    for thread in running:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in running:
        thread.join()
    return count * len(files) / (time.perf_counter() - start)


def search(templates: int = TEMPLATES, queries: int = QUERIES) -> None:
    """1:N: time of the search, and whether it names whom numpy finds among the raw vectors."""
    from sqlalchemy import text

    from registry import embedded
    from registry.crypto import Keyring
    from registry.db import make_engine, make_sessions
    from registry.migrations import migrate
    from verify_api.faces import vault
    from verify_api.faces.queries import nearest

    keyring = Keyring({"bench": bytes(range(32))})
    with tempfile.TemporaryDirectory(dir=VAR) as folder:
        database = make_engine(embedded.start(Path(folder) / "postgres", "bench"))
        migrate(database)
        rng = np.random.default_rng(3)
        vectors = crowd(rng, templates)
        load = milliseconds(lambda: _fill(database, vectors, vault.transform(keyring.keys["bench"], 128)))
        print(f"1:N          {templates} templates stored in {load / 1000:.0f} s")
        chosen = rng.choice(templates, queries, replace=False)
        asked = (vectors[chosen] + rng.normal(0, 0.022, (queries, 128))).astype(np.float32)
        times, right, named = [], 0, 0
        with make_sessions(database).begin() as session:
            session.execute(text("ANALYZE face_templates"))
            for one in asked:
                start = time.perf_counter()
                near = nearest(
                    session, keyring, one, model_id="bench", exclude_person_id=0, within=SAME, limit=10
                )
                times.append((time.perf_counter() - start) * 1000)
                right += [each.person_id for each in near] == _by_hand(vectors, one)
                named += len(near)
        database.dispose()
    spread = f"median {statistics.median(times):.1f} ms   p95 {_p95(times):.1f} ms"
    print(f"1:N          {spread}   {right} of {queries} answers as by hand, {named} persons named")


def _by_hand(vectors: npt.NDArray[np.float32], asked: npt.NDArray[np.float32]) -> list[int]:
    """The ten closest persons under the threshold."""
    apart = np.linalg.norm(vectors - asked, axis=1)
    return [int(k) + 1 for k in np.argsort(apart)[:10] if apart[k] <= SAME]


def crowd(rng: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    """Vectors spread like dlib's over many people: two at random about 0.8 apart, few strong axes."""
    strength = 1 / np.sqrt(np.arange(1, 129))
    spread = rng.standard_normal((count, 128)) * (0.57 * strength / np.linalg.norm(strength))
    middle = rng.standard_normal(128) * 0.1
    return np.asarray(middle + spread, np.float32)


def _fill(database: object, vectors: npt.NDArray[np.float32], turn: npt.NDArray[np.float64]) -> None:
    """Straight into the tables by COPY, each row as wide as a real one."""
    with database.begin() as connection:  # type: ignore[attr-defined]
        raw = connection.connection.driver_connection
        columns = "upstream_id, name, id_digest, id_cipher, id_masked, synced_at"
        with raw.cursor() as cursor:
            with cursor.copy(f"COPY people ({columns}) FROM STDIN") as copy:
                for k in range(1, len(vectors) + 1):
                    copy.write_row((f"P{k}", "示例", f"{k:064x}", b"", "*", "2026-01-01T00:00:00Z"))
            cursor.execute(
                "INSERT INTO face_consents (person_id, notice_version, channel, given_at)"
                " VALUES (1, '1', 'registry', now())"
            )
            columns = "person_id, consent_id, model_id, source_sha256, sealed, protected, dimensions, key_id"
            sealed = bytes(547)
            turned = (vectors @ turn.T.astype(np.float32)).astype(np.float32)
            with cursor.copy(f"COPY face_templates ({columns}, enrolled_at) FROM STDIN") as copy:
                for k, vector in enumerate(turned, start=1):
                    near = "[" + ",".join(f"{x:.6g}" for x in vector) + "]"
                    copy.write_row(
                        (k, 1, "bench", "0" * 64, sealed, near, 128, "bench", "2026-01-01T00:00:00Z")
                    )


def main() -> None:
    """All parts, one after the other."""
    # As the service runs it: one picture on one core, several pictures at once.
    engine = load_engine(VAR / "cache", None)
    files = pictures()
    sizes = {Pictures.open(io.BytesIO(data)).size for data in files}
    print(f"pictures     {len(files)}: {', '.join(f'{w}×{h}' for w, h in sorted(sizes))}")
    print("verification one at a time, the network on 2 cores")
    verification(DlibEngine(VAR / "cache", cores=2), files)
    print("verification one at a time, the network on 1 core, as the service runs it")
    known = verification(engine, files)
    farther(engine)
    decisions(known)
    parity(engine, files)
    parts(engine, files)
    threads(engine, files)
    search()


if __name__ == "__main__":
    main()
