"""The converted network in the cache folder: made once, checked against dlib, checked again at every start.

The file carries the digest of its own bytes in its name, so one atomic rename publishes file and checksum
together. Several processes may convert at the same time; they arrive at the same name.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from verify_api.faces.network import CHIP, MEAN, PARITY, SCALE, NetworkUnusable, convert
from verify_api.faces.runner import Runner

Image = npt.NDArray[np.uint8]


def converted_network(source: Path, folder: Path) -> Path:
    """The ONNX form of dlib's file `source`, converted on first use.

    Raises:
        NetworkUnusable: No such model, or its conversion disagrees with dlib.
    """
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise NetworkUnusable("缺少人脸识别模型文件") from error
    stem = f"dlib-resnet-{hashlib.sha256(raw).hexdigest()[:16]}"
    for file in sorted(folder.glob(f"{stem}-*.onnx")):
        if _intact(file):
            return file
        file.unlink(missing_ok=True)  # Damaged on disk: made anew below.
    onnx_bytes = convert(raw)
    verify(onnx_bytes, source)
    return _publish(onnx_bytes, folder, stem)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _intact(file: Path) -> bool:
    try:
        return file.stem.rsplit("-", 1)[1] == _digest(file.read_bytes())
    except OSError:  # Another process found it damaged first.
        return False


def _publish(data: bytes, folder: Path, stem: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{stem}-{_digest(data)}.onnx"
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def sample_chip() -> Image:
    """A built-in picture with structure at several scales; any picture shows whether two networks agree."""
    y, x = np.mgrid[0:CHIP, 0:CHIP] / CHIP
    planes = [np.sin(2 * np.pi * (f * x + g * y)) for f, g in ((1, 2), (3, -1), (5, 4))]
    face = np.exp(-((x - 0.5) ** 2 + (y - 0.55) ** 2) * 8)
    chip = np.stack([90 + 60 * face + 50 * plane for plane in planes], axis=-1)
    return np.asarray(np.clip(chip, 0, 255), np.uint8)


def prepare(chips: list[Image]) -> npt.NDArray[np.float32]:
    """The network's input (n, 3, 150, 150) from RGB chips."""
    return np.asarray(cv2.dnn.blobFromImages(chips, SCALE, (CHIP, CHIP), MEAN), np.float32)


def verify(onnx_bytes: bytes, source: Path) -> None:
    """Compare the conversion with dlib itself on the built-in sample.

    Raises:
        NetworkUnusable: They differ by more than `PARITY` in some component.
    """
    chip = sample_chip()
    ours = Runner(onnx_bytes).run(prepare([chip]))[0]
    theirs = dlib.face_recognition_model_v1(str(source)).compute_face_descriptor(chip)
    if not np.abs(ours - np.array(theirs)).max() <= PARITY:
        raise NetworkUnusable("转换后的人脸识别模型与原模型结果不一致")
