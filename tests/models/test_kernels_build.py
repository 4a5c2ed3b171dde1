"""Where kernels cannot be had torch does the work; what is kept of them may be damaged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kinema.compiled import built, whole
from kinema.files import cache_folder
from kinema.models.kernels.build import HEADERS, SOURCES, library

PROGRAM = """
import logging, sys, torch
logging.basicConfig(stream=sys.stdout, format="told %(message)s")
from kinema.models.kernels.build import library
from kinema.models.layers import Conv
x_NCTHW = torch.randn(1, 8, 4, 6, 6).contiguous(memory_format=torch.channels_last_3d)
for _ in range(2):
    Conv(8, 8, (3, 3), groups=8)(x_NCTHW).sum().backward()
print("library" if library() else "torch")
"""


def spoken(cache: Path, **changed: str) -> list[str]:
    """What a process of its own says that trains a layer."""
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
                           env={**os.environ, "KINEMA_CACHE": str(cache), **changed})
    return found.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("changed", [{"CXX": "/bin/false"}, {"PATH": "/nowhere", "CXX": ""}])
def test_without_a_compiler_torch_does_it_and_that_is_told_once(tmp_path: Path, changed: dict[str, str]) -> None:
    told, who = spoken(tmp_path, **changed)
    assert told.startswith("told Training goes on without kernels of its own, more slowly:")
    assert who == "torch"


@pytest.mark.slow
def test_kernels_can_be_switched_off(tmp_path: Path) -> None:
    assert spoken(tmp_path, KINEMA_KERNELS="off") == ["torch"]
    assert not [*tmp_path.iterdir()]


@pytest.mark.slow
@pytest.mark.skipif(library() is None, reason="there is no C++ compiler")
def test_a_damaged_library_is_built_anew(tmp_path: Path) -> None:
    sound = built(cache_folder() / "compiled", SOURCES, HEADERS)
    path, content = tmp_path / sound.name, sound.read_bytes()
    for damage in (b"", b"no library at all", content[:-1], content[:100]):
        path.write_bytes(damage)
        assert not whole(path)
    path.write_bytes(content[: len(content) // 2])
    assert built(tmp_path, SOURCES, HEADERS) == path
    assert whole(path)
    assert [*tmp_path.iterdir()] == [path]
