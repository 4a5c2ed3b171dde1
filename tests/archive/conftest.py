"""Videos of an archive, and their index."""

import shutil
from pathlib import Path

import pytest

from kinema.archive.found import Kept, Opener
from kinema.archive.index import Summary, Workers, index
from kinema.archive.store import Store
from kinema.archive.tables import WINDOWS, files_of
from kinema.archive.videos import videos_of


@pytest.fixture(scope="module")
def footage(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve videos, and one that is none."""
    folder = tmp_path_factory.mktemp("footage")
    for path in sorted(motion.rglob("*.mp4"))[:12]:
        shutil.copy(path, folder)
    (folder / "torn.mp4").write_bytes(b"\0" * 1000)
    return folder


def rows(out: Path, table: str = WINDOWS) -> list[dict]:
    """All rows of a table."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    store = Store(out)
    return [row for name in files_of(store, table) for row in parquet.read_table(store.where(name)).to_pylist()]


def indexed(run: Path, footage: Path, out: Path, kept: Kept | None = None, **options: bool) -> Summary:
    """Index with one process."""
    opener = Opener(str(run), "cpu")
    return index(videos_of([str(footage)]), out, opener, kept, Workers(processes=1), **options)
