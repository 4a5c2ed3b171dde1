"""Classes that mind left and right are found by their names, and change them when a clip is mirrored."""

import json
from pathlib import Path

import pytest
import torch

from kinema.data.transforms import Augment, flip_label_map, train_transform
from kinema.models.clip import ClipSpec


def noise(frames: int = 4, height: int = 60, width: int = 80) -> torch.Tensor:
    """Random frames, T H W 3, always the same."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (frames, height, width, 3), dtype=torch.uint8, generator=generator)


def seeded(seed: int) -> torch.Generator:
    """A generator."""
    return torch.Generator().manual_seed(seed)


def labels_of(path: Path) -> list[str]:
    """One label a line."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def test_jester_and_something_something_are_paired(shared: Path) -> None:
    lists = shared / "annotations" / "open-mmlab+mmaction2" / "tools" / "data"
    for name, pairs in (("jester", 3), ("sthv2", 3), ("sthv1", 3), ("kinetics/label_map_k400.txt", 0)):
        path = lists / name
        labels = labels_of(path if path.is_file() else path / "label_map.txt")
        swap, forbidden = flip_label_map(labels)
        assert len(swap) == 2 * pairs
        assert not forbidden
        assert all(swap[swap[index]] == index != swap[index] for index in swap)
        named = {labels[a]: labels[b] for a, b in swap.items()}
        if name == "sthv2":
            assert named["Pushing something from left to right"] == "Pushing something from right to left"
            assert named["Turning the camera left while filming something"].startswith("Turning the camera right")
        if name == "jester":
            assert named["Turning Hand Clockwise"] == "Turning Hand Counterclockwise"
    source = shared / "annotations" / "yasirbot8+Human2Bot" / "data" / "something-something-v2-labels.json"
    assert len(flip_label_map(list(json.loads(source.read_text()))).swap) == 6


@pytest.mark.parametrize(
    ("labels", "swap", "forbidden"),
    [
        (["turn_left", "turn_right", "jump"], {0: 1, 1: 0}, set()),
        (["SwipeLeft", "SwipeRight"], {0: 1, 1: 0}, set()),
        (["turn clockwise", "turn anti-clockwise"], {0: 1, 1: 0}, set()),
        (["wave left hand", "clap"], {}, {0}),
        (["walk", "bright light", "upright", "pull it right out", "leftover"], {}, set()),
        ([], {}, set()),
    ],
)
def test_pairs_are_found_by_words(labels: list[str], swap: dict[int, int], forbidden: set[int]) -> None:
    assert flip_label_map(labels) == (swap, forbidden)


def test_a_mirrored_clip_takes_its_partners_name() -> None:
    flips = flip_label_map(["go left", "go right", "jump", "left only"])
    transform = train_transform(ClipSpec(height=24, width=32), Augment(crop="stretch"), flips)
    straight_CTHW, _ = transform(noise(), 0)
    seen = set()
    for seed in range(30):
        clip_CTHW, label = transform(noise(), 0, seeded(seed))
        mirrored = torch.equal(clip_CTHW, straight_CTHW.flip(3))
        assert mirrored or torch.equal(clip_CTHW, straight_CTHW)
        assert label == int(mirrored)
        assert transform(noise(), (0, 2), seeded(seed))[1] == ((1, 2) if mirrored else (0, 2))
        row = transform(noise(), torch.tensor([1.0, 0, 1, 0]), seeded(seed))[1]
        assert row.tolist() == ([0, 1, 1, 0] if mirrored else [1, 0, 1, 0])
        assert torch.equal(transform(noise(), 3, seeded(seed))[0], straight_CTHW)
        seen.add(mirrored)
    assert seen == {True, False}
