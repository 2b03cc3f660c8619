"""An honest second visit does not look like the picture of the first one sent again."""

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from miniapp_mock.client.camera import PortraitCamera
from verify_api.faces.pixels import fingerprint
from verify_api.faces.policy import FacePolicy

VISITS = 20


def test_the_demo_people_never_stand_before_the_camera_twice_the_same(portraits: list[Path]) -> None:
    for folder in portraits:
        prints = [_printed(PortraitCamera(folder, seed=seed).shoot("front")[0]) for seed in range(VISITS)]
        nearest = min((one ^ other).bit_count() for one, other in combinations(prints, 2))
        assert nearest > FacePolicy().fingerprint_bits, folder.name


def _printed(jpeg: bytes) -> int:
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return int(fingerprint(grey.astype(np.uint8, copy=False)), 16)
