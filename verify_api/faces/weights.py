"""Where the model files lie. Their package is found, not imported: importing it warns and takes time."""

from importlib.util import find_spec
from pathlib import Path

from verify_api.faces.network import NetworkUnusable

RECOGNITION = "dlib_face_recognition_resnet_model_v1.dat"
FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"
POINTS_68 = "shape_predictor_68_face_landmarks.dat"


def weights(name: str) -> Path:
    """Path of a model file of `face_recognition_models`.

    Raises:
        NetworkUnusable: The package or the file is missing.
    """
    spec = find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "models" / name
        if file.is_file():
            return file
    raise NetworkUnusable(f"缺少人脸识别模型文件 {name}")
