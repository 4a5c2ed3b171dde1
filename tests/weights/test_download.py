"""Checkpoints are fetched once, resumed, checked, kept and used offline; networks go to the Hub and come back."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from kinema.models import create_model
from kinema.weights import download, from_pretrained, save_network
from kinema.weights.download import DownloadError, fetch, weights_folder
from tests.weights.server import Server, serving

LARGE = os.urandom(1 << 20) * 50  # 50 MB
DIGEST = hashlib.sha256(LARGE).hexdigest()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path))
    monkeypatch.setattr(download, "PATIENCE_SECONDS", 0.01)
    with serving() as running:
        running.files["/large.pth"] = LARGE
        yield running


def test_a_broken_download_is_gone_on_with_and_checked(server: Server) -> None:
    server.breaks = 2
    path = fetch(f"{server.url}/large.pth", "zoo/large.pth", DIGEST, quiet=True)
    assert path.read_bytes() == LARGE
    half, quarter = len(LARGE) // 2, len(LARGE) // 2 + len(LARGE) // 4
    assert server.asked == [None, f"bytes={half}-", f"bytes={quarter}-"]
    assert [file.name for file in path.parent.iterdir()] == ["large.pth"]


def test_two_at_once_fetch_it_once(server: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True), range(2))
    assert one == other
    assert one.read_bytes() == LARGE
    assert server.asked == [None]


def test_an_empty_file_is_told(server: Server) -> None:
    server.files["/empty.pth"] = b""
    with pytest.raises(DownloadError, match="gives an empty file"):
        fetch(f"{server.url}/empty.pth", "empty.pth", quiet=True)


def test_an_interrupted_download_goes_on_in_the_next_program(server: Server) -> None:
    part = weights_folder() / "zoo" / "large.pth.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(LARGE[:1000])
    assert fetch(f"{server.url}/large.pth", "zoo/large.pth", DIGEST[:8], quiet=True).read_bytes() == LARGE
    assert server.asked == ["bytes=1000-"]


def test_all_of_a_file_that_was_there_is_not_fetched_again(server: Server) -> None:
    part = weights_folder() / "large.pth.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(LARGE)
    assert fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True).read_bytes() == LARGE


def test_a_server_without_ranges_begins_anew(server: Server) -> None:
    server.breaks, server.ranges = 1, False
    assert fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True).read_bytes() == LARGE


def test_what_is_kept_is_used_offline(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True)
    monkeypatch.setenv("KINEMA_OFFLINE", "1")
    assert fetch("http://127.0.0.1:9/large.pth", "large.pth", DIGEST) == path
    with pytest.raises(DownloadError, match=r"other.pth is not in the cache .* and KINEMA_OFFLINE=1 forbids"):
        fetch(f"{server.url}/large.pth", "other.pth")
    assert len(server.asked) == 1


@pytest.mark.slow
@pytest.mark.parametrize("expected", ["0" * 64, "0" * 40, "00000000"])
def test_a_wrong_hash_is_told_and_the_file_deleted(server: Server, expected: str) -> None:
    with pytest.raises(DownloadError, match=r"another file than expected: its sha\w+ begins with \w+, not with 0000"):
        fetch(f"{server.url}/large.pth", "large.pth", expected, quiet=True)
    assert not [path for path in weights_folder().iterdir() if path.name != ".locks"]


@pytest.mark.slow
def test_a_truncated_file_is_told_and_kept_for_the_next_try(server: Server) -> None:
    server.breaks = 99
    with pytest.raises(DownloadError, match=r"only \d+ of \d+ bytes came. What has come so far is kept"):
        fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True)
    server.breaks = 0
    assert fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True).read_bytes() == LARGE


def test_what_is_no_file_is_told(server: Server) -> None:
    server.files["/page.pth"] = b"<!DOCTYPE html><title>Sign in</title>"
    with pytest.raises(DownloadError, match="gives a web page instead of a file"):
        fetch(f"{server.url}/page.pth", "page.pth", quiet=True)
    with pytest.raises(DownloadError, match=r"nothing.pth answers 404"):
        fetch(f"{server.url}/nothing.pth", "nothing.pth", quiet=True)
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match="could not be fetched from"):
        fetch(f"{server.url}/large.pth", "large.pth", quiet=True)


@pytest.mark.slow
def test_a_network_goes_to_the_hub_and_comes_back(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    code = """
import torch, kinema
torch.manual_seed(0)
network = kinema.create_model("tam-resnet_tiny", ["fall", "walk"], frames=4, taps=5)
kinema.push_to_hub(network, "owner/name", token="none")
back = kinema.from_pretrained("owner/name", token=False)
assert back.labels == ("fall", "walk") and back.clip == network.clip and back.options == network.options
assert all(torch.equal(a, b) for a, b in zip(network.state_dict().values(), back.state_dict().values()))
"""
    there = {**os.environ, "HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    subprocess.run([sys.executable, "-c", code], env=there, check=True)
    assert set(server.files) >= {f"/owner/name/{name}" for name in ("model.safetensors", "config.json", "README.md")}
    again = "import kinema; print(kinema.from_pretrained('owner/name').name)"
    offline = {**there, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, "-c", again], env=offline, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "tam-resnet_tiny"


def test_a_folder_gives_its_network(tmp_path: Path) -> None:
    network = create_model("tsm-resnet_tiny", 3, frames=4, causal=True)
    save_network(network, tmp_path / "model.safetensors")
    back = from_pretrained(str(tmp_path))
    assert back.options == {"frames": 4, "causal": True}
    assert torch.equal(back.classifier.weight, network.classifier.weight)


@pytest.mark.slow
def test_a_damaged_file_in_the_cache_is_found_where_it_is_asked_for(server: Server) -> None:
    path = fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True)
    path.write_bytes(LARGE[:-1])
    assert fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True).read_bytes() == LARGE[:-1]
    assert fetch(f"{server.url}/large.pth", "large.pth", DIGEST, quiet=True, recheck=True).read_bytes() == LARGE
    assert server.asked == [None, None]
