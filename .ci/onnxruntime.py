"""Bring libonnxruntime.so and its licence into a cache folder.

The ordinary pip client downloads the pinned wheel; the library and its two
licence files alone are unpacked; the library's SHA-256 must be the pinned one.
Usage: python3 onnxruntime.py FOLDER
"""

import hashlib
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile

VERSION = "1.32.0"
# SHA-256 of onnxruntime/capi/libonnxruntime.so.1.32.0 inside the wheel; the
# same library is in the wheels for every Python version.
SHA256 = {
    "x86_64": "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
    "aarch64": "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
}


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return h.hexdigest()


def main():
    folder = pathlib.Path(sys.argv[1])
    machine = platform.machine()
    if machine not in SHA256:
        sys.exit(f"ONNX Runtime {VERSION} is pinned for {', '.join(SHA256)}; this machine is {machine}")
    library = folder / "libonnxruntime.so"
    if library.exists() and digest(library) == SHA256[machine]:
        return
    print(f"bringing ONNX Runtime {VERSION} through pip into {folder}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        platforms = [f"--platform=manylinux_2_{n}_{machine}" for n in (28, 27)]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
             "--python-version=3.12", "--implementation=cp", *platforms, "--dest", tmp, f"onnxruntime=={VERSION}"],
            check=True)
        wheel = next(pathlib.Path(tmp).glob("onnxruntime-*.whl"))
        with zipfile.ZipFile(wheel) as z:
            wanted = {
                f"onnxruntime/capi/libonnxruntime.so.{VERSION}": "libonnxruntime.so",
                "onnxruntime/LICENSE": "LICENSE",
                "onnxruntime/ThirdPartyNotices.txt": "ThirdPartyNotices.txt",
            }
            for inside, name in wanted.items():
                part = folder / (name + ".part")
                part.write_bytes(z.read(inside))
                if name == "libonnxruntime.so" and digest(part) != SHA256[machine]:
                    part.unlink()
                    sys.exit(f"{inside} of the wheel has another SHA-256 than the pinned one; nothing was installed")
                os.replace(part, folder / name)


main()
