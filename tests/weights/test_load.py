"""Weights are read safely and fit as a whole, or not at all."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.runs import Run
from kinema.weights import from_checkpoint, identify, load_weights, save_network


def tiny(classes: int = 5, name: str = "tam-resnet_tiny", **options: object) -> Network:
    return create_model(name, classes, frames=4, **options)  # type: ignore[arg-type]


def same(one: Network, other: Network) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize("suffix", ["safetensors", "pt", "pth", "tar"])
def test_a_file_gives_back_what_was_saved(tmp_path: Path, suffix: str) -> None:
    network, path = tiny(), tmp_path / f"weights.{suffix}"
    save_file(network.state_dict(), path) if suffix == "safetensors" else torch.save(network.state_dict(), path)
    loaded = tiny()
    assert not same(loaded, network)
    assert load_weights(loaded, path) is loaded
    assert same(loaded, network)
    assert same(load_weights(tiny(), str(path)), network)


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state"])
@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "module.model.", "net."])
def test_wrappers_and_prefixes_come_off(tmp_path: Path, wrapper: str, prefix: str) -> None:
    network = tiny()
    weights = {f"{prefix}{key}": value for key, value in network.state_dict().items()}
    torch.save({"epoch": 3, "best": np.float64(61.5), wrapper: weights}, tmp_path / "c.pth.tar")
    assert same(load_weights(tiny(), tmp_path / "c.pth.tar"), network)


def test_causal_and_plain_networks_share_their_names() -> None:
    load_weights(tiny(causal=True), tiny().state_dict())


def complaint(network: Network, source: object) -> str:
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(ModelError) as caught:
        load_weights(network, source)  # type: ignore[arg-type]
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    return str(caught.value)


def test_what_does_not_fit_is_one_error_that_changes_nothing() -> None:
    text = complaint(tiny(), tiny(name="tsn-resnet_tiny").state_dict())
    assert "4 weights of the network are missing (backbone.stages.1.0.before.mix.weight, " in text
    text = complaint(tiny(name="tsn-resnet_tiny"), tiny().state_dict())
    assert "4 weights are unknown to the network (backbone.stages.1.0.before.mix.weight, " in text
    text = complaint(tiny(taps=5), tiny().state_dict())
    assert "4 weights have another shape" in text
    assert "(16, 1, 3, 1, 1) for (16, 1, 5, 1, 1)" in text
    assert text.endswith("they are of tam-resnet_tiny with taps=3, depthwise=True")


def test_another_number_of_classes_is_told_and_can_be_left_out() -> None:
    source = tiny(7)
    text = complaint(tiny(5), source.state_dict())
    assert "classes=7 in the checkpoint, 5 in the network" in text
    assert "shape" not in text
    target = tiny(5)
    own = target.classifier.weight.clone()
    load_weights(target, source.state_dict(), strict=False)
    assert torch.equal(target.classifier.weight, own)
    assert torch.equal(target.backbone.stem.conv.weight, source.backbone.stem.conv.weight)  # type: ignore[union-attr]
    with pytest.raises(ModelError, match="missing"):
        load_weights(tiny(5), tiny(7, name="tsn-resnet_tiny").state_dict(), strict=False)


class Trap:
    def __reduce__(self) -> tuple:
        return print, ("this must not run",)


def test_files_that_are_no_weights_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in complaint(tiny(), tmp_path / "nothing.pt")
    assert "is a folder, and no run" in complaint(tiny(), tmp_path)
    (tmp_path / "text.pt").write_text("hello")
    assert "it begins with b'hello'" in complaint(tiny(), tmp_path / "text.pt")
    (tmp_path / "half.pt").write_bytes(b"PK\3\4 and no more")
    assert "cannot be read as weights" in complaint(tiny(), tmp_path / "half.pt")
    (tmp_path / "text.safetensors").write_text("hello")
    assert "cannot be read as weights" in complaint(tiny(), tmp_path / "text.safetensors")
    torch.save({"state_dict": tiny().state_dict(), "more": Trap()}, tmp_path / "trap.pt")
    assert "could run code here, so it was not opened. It asks for " in complaint(tiny(), tmp_path / "trap.pt")
    assert "weights_only" not in complaint(tiny(), tmp_path / "trap.pt")
    assert "must not run" not in capsys.readouterr().out
    torch.save([1, 2], tmp_path / "list.pt")
    assert "holds a list" in complaint(tiny(), tmp_path / "list.pt")
    assert "found 'epoch'" in complaint(tiny(), {"epoch": 3})
    whole = {key: value.to(torch.int8) for key, value in tiny().state_dict().items()}
    assert "weights are another kind of numbers" in complaint(tiny(), whole)
    assert "of no known kind" in complaint(tiny(), {"a.b": torch.zeros(1)})
    assert "A NoneType came; expected the path of a file of weights" in complaint(tiny(), None)


@pytest.mark.parametrize(("said", "why"), [
    ("no json", "JSONDecodeError"), ('{"name": "tsn-resnet_tiny"}', "KeyError: 'clip'"),
    ('{"clip": {"frames": 8, "eyes": 2}}', "eyes"), ("[]", "TypeError"),
])
def test_a_header_that_describes_no_network_is_told(tmp_path: Path, said: str, why: str) -> None:
    save_file(tiny().state_dict(), tmp_path / "own.safetensors", metadata={"kinema": said})
    with pytest.raises(ModelError, match=f"does not describe a network as kinema does .*{why}"):
        from_checkpoint(tmp_path / "own.safetensors")


def test_a_runs_folder_gives_its_best_weights(tiny_run: Path) -> None:
    run = Run.open(tiny_run)
    assert torch.equal(load_weights(run.network(), tiny_run).classifier.weight, run.model().classifier.weight)


def published() -> dict[str, torch.Tensor]:
    """A tam network's weights as the published framework names them, five taps a block."""
    names = {"before.mix.weight": "tam", "shortcut.conv": "downsample.0", "shortcut.bn": "downsample.1", "branch.": ""}
    weights = {}
    for key, value in create_model("tam-resnet18", 5, taps=5).state_dict().items():
        key = key.replace("backbone.stages.", "layer").replace("backbone.stem.conv", "conv1")
        key = key.replace("backbone.stem.bn", "bn1").replace("classifier", "fc")
        for own, theirs in names.items():
            key = key.replace(own, theirs)
        if key.endswith(".tam"):
            for tap in range(5):
                weights[f"{key}.blending_layers.{tap}.fc1.weight"] = value[:, :, tap]
        else:
            weights[key] = value[:, :, 0] if value.dim() == 5 else value
    return weights


def test_five_taps_keep_their_order() -> None:
    weights = published()
    network = load_weights(create_model("tam-resnet18", 5, taps=5), weights)
    mix = network.get_parameter("backbone.stages.2.1.before.mix.weight")
    for tap in range(5):
        assert torch.equal(mix[:, :, tap], weights[f"layer2.1.tam.blending_layers.{tap}.fc1.weight"])


def test_a_run_says_itself_what_its_network_is(tiny_run: Path) -> None:
    run, network = Run.open(tiny_run), from_checkpoint(tiny_run)
    assert (network.name, network.clip, network.labels) == (run.recipe.model, run.clip, run.labels)
    assert same(network, run.model())
    assert [one.model for one in identify(tiny_run)] == [run.recipe.model]


def test_an_own_file_says_itself_what_it_is(tmp_path: Path) -> None:
    made = create_model("slow-resnet18", 3, frames=4, inflate=("1", "1", "1", "1"))
    path = save_network(made, tmp_path / "own.safetensors")
    assert [(one.model, one.options["inflate"]) for one in identify(path)] == [("slow-resnet18", ["1"] * 4)]
    assert from_checkpoint(path).options["inflate"] == ("1", "1", "1", "1")


@pytest.mark.parametrize("value", [torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()])
def test_weights_that_are_no_plain_numbers_are_told(value: torch.Tensor) -> None:
    assert "A weight is " in complaint(tiny(), {"a.b": value})
