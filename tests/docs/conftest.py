"""The folder that blocks and notebooks are run in."""

from pathlib import Path

import pytest

from tests.docs.folder import prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips, videos, runs and lists under the names that the documentation uses; to be copied."""
    return prepare(tmp_path_factory.mktemp("docs"))
