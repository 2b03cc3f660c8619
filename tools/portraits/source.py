"""The photographs: official portraits, works of the United States government and so in the public domain.

The source archive of `face_recognition` 1.3.0 carries them among its tests. They are fetched at set-up
through pip with a fixed hash and never committed.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REQUIREMENT = "face-recognition==1.3.0"
SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
FOLDER = "face_recognition-1.3.0/tests/test_images/"
PHOTOGRAPHS = (
    "obama.jpg", "biden.jpg", "obama2.jpg", "obama3.jpg", "32bit.png", "obama_partial_face.jpg",
    "obama_partial_face2.jpg",
)  # fmt: skip


def fetch(to: Path) -> Path:
    """The folder of photographs below `to`, downloaded unless it is there already.

    Raises:
        SystemExit: The archive could not be had, or is not the one whose hash is known.
    """
    folder = to / "source"
    if all((folder / name).is_file() for name in PHOTOGRAPHS):
        return folder
    with tempfile.TemporaryDirectory() as scratch:
        _unpack(_download(Path(scratch)), folder)
    return folder


def _download(scratch: Path) -> Path:
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [
        "--no-binary",
        ":all:",
        "--require-hashes",
        "--dest",
        str(scratch),
        "--requirement",
        str(wanted),
    ]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"could not download {REQUIREMENT} with the expected hash; see pip's message above")
    (archive,) = scratch.glob("*.tar.gz")
    return archive


def _unpack(archive: Path, folder: Path) -> None:
    """Only the photographs, by name, written under their plain names."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for name in PHOTOGRAPHS:
            member = tar.extractfile(FOLDER + name)
            if member is None:
                raise SystemExit(f"{archive.name} lacks {name}")
            target = folder / f"{name}.part"
            target.write_bytes(member.read())
            target.replace(folder / name)
