"""The converted network agrees with dlib, the cache survives damage and haste, the second engine is real."""

import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import dlib
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.verify_api.faces.conftest import VAR, Files
from tools.portraits import attacks
from verify_api.faces.arcface_engine import SIDE, TEMPLATE, ArcFaceEngine, align
from verify_api.faces.cache import converted_network, sample_chip
from verify_api.faces.dlib_engine import DlibEngine, chip
from verify_api.faces.engine import FaceEngine
from verify_api.faces.images import open_image
from verify_api.faces.measure import only_face
from verify_api.faces.network import NetworkUnusable, convert
from verify_api.faces.weights import RECOGNITION, weights

PARITY = 1e-4


@pytest.fixture(scope="module")
def dlib_network() -> dlib.face_recognition_model_v1:
    """dlib's own form of the network."""
    return dlib.face_recognition_model_v1(str(weights(RECOGNITION)))


def test_embeddings_agree_with_dlib(
    recogniser: FaceEngine, people: list[Files], dlib_network: dlib.face_recognition_model_v1
) -> None:
    images = [open_image(files[name]) for files in people for name in ("reference", "turn_left", "mouth_2")]
    faces = [(image, recogniser.find(image)[0]) for image in images]
    ours = recogniser.embed(faces)
    theirs = [np.array(dlib_network.compute_face_descriptor(chip(image, face))) for image, face in faces]
    assert ours.shape == (len(images), 128)
    assert np.abs(ours - np.array(theirs)).max() <= PARITY


def test_a_batch_gives_what_single_passes_give(recogniser: FaceEngine, people: list[Files]) -> None:
    image = open_image(people[0]["front"])
    face = recogniser.find(image)[0]
    many = recogniser.embed([(image, face)] * 19)  # more than one batch
    assert np.abs(many - recogniser.embed([(image, face)])).max() < 1e-6
    assert recogniser.embed([]).shape == (0, 128)


def test_photographs_of_one_man_are_near_and_of_two_are_far(
    recogniser: FaceEngine, photographs: Path
) -> None:
    names = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg")
    images = [open_image((photographs / name).read_bytes()) for name in names]
    vectors = recogniser.embed([(image, recogniser.find(image)[0]) for image in images])
    same = [recogniser.distance(vectors[a], vectors[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    other = [recogniser.distance(vectors[a], vectors[3]) for a in range(3)]
    assert max(same) < 0.5 and min(other) > 0.7


def test_two_threads_share_one_engine(recogniser: FaceEngine, people: list[Files]) -> None:
    images = [open_image(files["reference"]) for files in people]
    alone = [recogniser.embed([(image, recogniser.find(image)[0])])[0] for image in images]
    found: dict[int, list[np.ndarray]] = {}

    def work(number: int) -> None:
        found[number] = [recogniser.embed([(image, recogniser.find(image)[0])])[0] for image in images]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for vectors in found.values():
        assert np.abs(np.array(vectors) - np.array(alone)).max() < 1e-6


def test_a_turned_or_smaller_copy_of_a_photograph_is_the_same_person(
    recogniser: FaceEngine, people: list[Files]
) -> None:
    upright = open_image(people[0]["front"])
    turned = open_image(attacks.with_exif(people[0]["front"], orientation=6))
    assert upright.shape == turned.shape
    vectors = recogniser.embed([(i, recogniser.find(i)[0]) for i in (upright, turned)])
    assert recogniser.distance(vectors[0], vectors[1]) < 0.1


def test_nobody_somebody_and_two_are_told_apart(recogniser: FaceEngine, people: list[Files]) -> None:
    assert only_face(recogniser, open_image(attacks.no_face()))[2].code == "no_face"  # type: ignore[union-attr]
    face, count, refusal = only_face(recogniser, open_image(people[0]["front"]))
    assert face is not None and count == 1 and refusal is None
    both = open_image(attacks.two_faces(people[0]["front"], people[1]["front"]))
    face, count, refusal = only_face(recogniser, both)
    assert face is None and count == 2 and refusal is not None and refusal.code == "several_faces"


@pytest.mark.parametrize("shape", [(64, 64), (64, 3000), (3000, 64), (1, 1)])
def test_odd_shapes_have_no_face_and_raise_nothing(recogniser: FaceEngine, shape: tuple[int, int]) -> None:
    assert recogniser.find(np.full((*shape, 3), 128, np.uint8)) == []


def test_the_conversion_is_made_once_and_again_when_damaged(tmp_path: Path) -> None:
    source = weights(RECOGNITION)
    file = converted_network(source, tmp_path)
    made = file.stat().st_mtime_ns
    assert converted_network(source, tmp_path) == file and file.stat().st_mtime_ns == made
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert converted_network(source, tmp_path) == file and file.read_bytes() == good
    assert list(tmp_path.iterdir()) == [file]


def _convert(folder: str) -> str:
    return converted_network(weights(RECOGNITION), Path(folder)).name


def test_processes_that_convert_at_the_same_time_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        names = set(pool.map(_convert, [str(tmp_path)] * 3))
    assert len(names) == 1 and [file.name for file in tmp_path.iterdir()] == list(names)


@pytest.mark.parametrize(
    "spoil", [lambda raw: raw[:5000], lambda raw: raw.replace(b"con_4", b"con_9"), lambda _: b""]
)
def test_a_model_file_of_another_layout_is_refused(spoil: object) -> None:
    raw = weights(RECOGNITION).read_bytes()
    with pytest.raises(NetworkUnusable):
        convert(spoil(raw))  # type: ignore[operator]


def test_altered_weights_do_not_pass_the_check_against_dlib(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from verify_api.faces import cache

    source = weights(RECOGNITION)
    model = onnx.load_from_string(convert(source.read_bytes()))
    last = model.graph.initializer[-1]
    last.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(last) * 1.01, last.name))
    with pytest.raises(NetworkUnusable, match="不一致"):
        cache.verify(model.SerializeToString(), source)


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkUnusable):
        converted_network(tmp_path / "absent.dat", tmp_path)
    with pytest.raises(NetworkUnusable):
        weights("absent.dat")


def test_the_model_id_names_the_weights(recogniser: FaceEngine, tmp_path: Path) -> None:
    assert recogniser.model_id == DlibEngine(tmp_path).model_id
    assert recogniser.model_id.startswith("dlib-resnet-v1:") and recogniser.dimensions == 128


def tiny_network(file: Path, *, dimensions: int = 16, scale: float = 1.0) -> Path:
    """An ArcFace-shaped network: mean colours of an 8×8 grid, mixed by a fixed matrix."""
    rng = np.random.default_rng(5)
    mix = (rng.standard_normal((3 * 64, dimensions)) * scale).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["data"], ["cells"], kernel_shape=[14, 14], strides=[14, 14]),
        helper.make_node("Flatten", ["cells"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "mix"], ["fc1"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [1, dimensions])],
        [numpy_helper.from_array(mix, "mix")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    return file


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> ArcFaceEngine:
    """The second engine on the tiny network."""
    return ArcFaceEngine(tiny_network(tmp_path_factory.mktemp("arcface") / "tiny.onnx"))


def test_an_arcface_file_becomes_an_engine_of_unit_vectors(
    second: ArcFaceEngine, people: list[Files]
) -> None:
    images = [open_image(files["reference"]) for files in people]
    vectors = second.embed([(image, second.find(image)[0]) for image in images])
    assert second.dimensions == 16 and vectors.shape == (len(people), 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert second.distance(vectors[0], vectors[0]) == pytest.approx(0, abs=1e-6)
    cosine = second.distance(vectors[0], vectors[1])
    assert second.as_euclidean(cosine) == pytest.approx(np.linalg.norm(vectors[0] - vectors[1]), abs=1e-5)
    assert second.embed([]).shape == (0, 16)


def test_alignment_puts_eyes_nose_and_mouth_on_the_template(
    second: ArcFaceEngine, people: list[Files]
) -> None:
    image = open_image(people[0]["reference"])
    aligned = align(image, second.landmarks(image, second.find(image)[0]))
    again = second.find(np.kron(aligned, np.ones((4, 4, 1), np.uint8)))
    points = second.landmarks(np.kron(aligned, np.ones((4, 4, 1), np.uint8)), again[0]) / 4
    five = np.array([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])
    assert np.abs(five - TEMPLATE).max() < 9


def test_a_vector_of_nothing_is_no_vector(tmp_path: Path, people: list[Files]) -> None:
    dead = ArcFaceEngine(tiny_network(tmp_path / "dead.onnx", scale=0.0))
    image = open_image(people[0]["reference"])
    vectors = dead.embed([(image, dead.find(image)[0])])
    assert np.isnan(vectors).all()
    assert np.isnan(dead.distance(vectors[0], vectors[0]))


@pytest.mark.parametrize("content", [None, b"", b"no network"])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "model.onnx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NetworkUnusable):
        ArcFaceEngine(file)


def test_the_sample_has_structure() -> None:
    chip_ = sample_chip()
    assert chip_.shape == (150, 150, 3) and chip_.std() > 20
    assert (VAR / "cache").exists()
