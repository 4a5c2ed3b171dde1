"""The model card tells what a network sees, tells apart, was trained on and is worth; nobody's paths are in it."""

from pathlib import Path

from kinema.evaluation.evaluate import evaluate
from kinema.machine import Machine
from kinema.models import create_model
from kinema.runs import Run
from kinema.weights.adopt import adopt
from kinema.weights.card import card
from kinema.weights.catalogue import all_checkpoints


def test_a_run_is_told_whole(tiny_run: Path) -> None:
    found = evaluate(tiny_run, machine=Machine(accelerator="cpu", workers=0), quiet=True)
    run = Run.open(tiny_run)
    text = card(run.model(), "owner/name", run, "apache-2.0")
    low, high = found.intervals["top1"]
    for words in ("license: apache-2.0", "`tam-resnet_tiny`", "4 frames (one from each equal part of a video)",
                  "`clockwise`", "`motion`: 2 epochs", f"top-1 {100 * found.top1:.1f} %",
                  f"{100 * low:.1f} to {100 * high:.1f} %", 'kinema.from_pretrained("owner/name")'):
        assert words in text, words
    assert str(tiny_run.parent) not in text
    assert text.startswith("---\nlibrary_name: kinema\n")


def test_of_adopted_weights_their_source_and_its_licence_are_told(tiny_run: Path, tmp_path: Path) -> None:
    id_ = next(iter(all_checkpoints()))
    network = Run.open(tiny_run).model()
    text = card(network, "owner/name", adopt(network, tmp_path / "run", id_))
    assert f"Its weights are those of `{id_}`, which were trained elsewhere." in text
    assert f"They are those of `{id_}`, whose licence is {all_checkpoints()[id_].licence}" in text
    assert "epochs" not in text
    file = card(network, "owner/name", adopt(network, tmp_path / "other", str(tmp_path / "theirs.pth")))
    assert "those of `theirs.pth`" in file
    assert str(tmp_path) not in file


def test_of_a_network_alone_nothing_is_made_up() -> None:
    text = card(create_model("tsn-resnet_tiny", 3), "owner/name")
    assert "3 classes without names" in text
    assert "No licence was told" in text
    assert "How good" not in text
    assert "license:" not in text
