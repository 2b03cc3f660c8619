"""Which engine a process uses. Loaded once and shared by all threads."""

from functools import cache
from pathlib import Path

from verify_api.faces.arcface_engine import ArcFaceEngine
from verify_api.faces.dlib_engine import DlibEngine
from verify_api.faces.engine import FaceEngine


@cache
def load_engine(cache_folder: Path, model_file: Path | None) -> FaceEngine:
    """The default network, converted into `cache_folder` on first use, or the ONNX file that is named.

    Raises:
        NetworkUnusable: The model is missing or does not pass its check.
    """
    return ArcFaceEngine(model_file) if model_file is not None else DlibEngine(cache_folder)
