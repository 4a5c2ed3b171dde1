"""Networks with a library's weights, written for that library again, give its own file back."""

from pathlib import Path

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.weights import from_checkpoint
from kinema.weights.export import export_state_dict, export_weights
from kinema.weights.read import read_weights
from tests.weights.agreement import reference
from tests.weights.pseudoweights import state_dict
from tests.weights.vectors import VECTORS

THERE_AND_BACK = {
    "mm_tsn_r50_seg3": "mmaction2", "mm_tsm_r50_f8": "mmaction2", "mm_slowonly_r50_4x16": "mmaction2",
    "mm_i3d_r50": "mmaction2", "mm_c2d_r50": "mmaction2", "ptv_slow_r50": "pytorchvideo", "ptv_i3d_r50": "pytorchvideo",
    "ptv_csn_r50": "pytorchvideo", "ptv_x3d_m": "pytorchvideo", "tv_r3d_18": "torchvision",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", THERE_AND_BACK)
def test_a_librarys_own_weights_come_back(name: str) -> None:
    theirs = state_dict(reference(name))
    written = export_state_dict(from_checkpoint(theirs, **VECTORS[name].told), THERE_AND_BACK[name])
    learnt = {key: value for key, value in theirs.items() if "num_batches_tracked" not in key}
    assert learnt.keys() == {key for key in written if "num_batches_tracked" not in key}
    assert all(torch.equal(written[key].reshape(value.shape), value) for key, value in learnt.items())
    assert all(written[key].dim() == value.dim() or value.dim() < 4 for key, value in learnt.items())


def test_a_tsn_becomes_torchvisions_image_network(tmp_path: Path) -> None:
    network = create_model("tsn-resnet18", 7)
    weights = read_weights(export_weights(network, "torchvision", tmp_path / "resnet18.pth"))
    assert weights["layer1.0.conv1.weight"].shape == (64, 64, 3, 3)
    assert {"conv1.weight", "bn1.running_mean", "layer2.0.downsample.0.weight", "fc.bias"} <= weights.keys()
    safe = read_weights(export_weights(network, "torchvision", tmp_path / "resnet18.safetensors"))
    assert all(torch.equal(safe[key], value) for key, value in weights.items())


@pytest.mark.parametrize(("name", "to"), [("tam-resnet18", "torchvision"), ("tsm-resnet18", "torchvision"),
                                          ("tanet-resnet18", "mmaction2"), ("c3d", "pytorchvideo")])
def test_what_has_no_names_there_is_told(name: str, to: str) -> None:
    with pytest.raises(ModelError, match=f"{name} have no names in {to} that lead back to the same network"):
        export_state_dict(create_model(name, 3), to)
    with pytest.raises(ModelError, match=r"for 'pytorchvide'\. Nearest: pytorchvideo, torchvision\. They can for"):
        export_state_dict(create_model("tsn-resnet_tiny", 3), "pytorchvide")


@pytest.mark.parametrize(("name", "options", "to"), [
    ("tam-resnet18", {}, "pytorchvideo"), ("tin-resnet18", {}, "pytorchvideo"), ("tanet-resnet18", {}, "mmaction2"),
    ("p3d-resnet50", {}, "torchvision"), ("i3d_r50_32x2", {}, "pytorchvideo"), ("cox3d_s", {}, "pytorchvideo"),
    ("slow-resnet50", {"causal": True}, "pytorchvideo"), ("slow-resnet50", {"where": "top"}, "pytorchvideo"),
    ("tsm-resnet18", {"fold": 4}, "mmaction2"), ("tsn-resnet18", {"norm_eps": 1e-3}, "torchvision"),
    ("tsn-resnet50", {"stride_first": True}, "torchvision"),
])
def test_what_a_library_has_not_is_not_written_for_it(name: str, options: dict, to: str) -> None:
    with pytest.raises(ModelError, match=f"have no names in {to} that lead back"):
        export_state_dict(create_model(name, 3, **options), to)
