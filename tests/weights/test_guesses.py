"""`from_checkpoint` asks where it would have to guess, and takes what it is told."""

from pathlib import Path

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import ClipSpec, create_model
from kinema.weights import from_checkpoint, identify, save_network, shown_by
from tests.weights.agreement import reference
from tests.weights.vectors import VECTORS

LOOK_ALIKE = [("tsm-resnet_tiny", {}), ("c2d-resnet_tiny", {}), ("tsm-resnet_tiny", {"before": "block"}),
              ("slowfast-resnet50", {"alpha": 8, "counts": (1, 1, 1, 1)})]
WHOLE = ["mvit_b_16x4", "slowfast_r50_8x8", "uniformer_xxs", "x3d_m", "i3d", "r2plus1d_18", "timesformer"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), LOOK_ALIKE)
def test_names_of_our_own_do_not_decide_what_has_no_weights(name: str, options: dict) -> None:
    weights = create_model(name, 3, **options).state_dict()
    with pytest.raises(ModelError, match=r"pass (model|alpha)="):
        from_checkpoint(weights, tp=False)
    assert options.items() <= from_checkpoint(weights, name, **options).options.items()


def test_an_own_file_says_itself_what_is_not_told_otherwise(tmp_path: Path) -> None:
    clip = ClipSpec(8, 32, 32, mean=(0.1, 0.2, 0.3))
    made = create_model("tsm-resnet_tiny", ("a", "b"), clip=clip, fold=4)
    path = save_network(made, tmp_path / "own.safetensors")
    back = from_checkpoint(path, dropout=0.1)
    assert (back.name, back.labels, back.clip, back.options) == (
        "tsm-resnet_tiny", ("a", "b"), clip, {"fold": 4, "dropout": 0.1})
    assert from_checkpoint(path, tp=False).name == "tsm-resnet_tiny"
    assert from_checkpoint(path, "tsm-resnet_tiny").options == {"fold": 4}
    with pytest.raises(ModelError, match="expected a ClipSpec"):
        from_checkpoint(path, clip=3)
    assert from_checkpoint(path, classes=5).classes == 5


@pytest.mark.slow
def test_a_table_of_several_sizes_is_asked_for_the_clip() -> None:
    clip = ClipSpec(8, 64, 64)
    options = {"positions": "joint", "width": 8, "depth": 3, "steps": (1, 2)}
    weights = create_model("mvit_b", 5, clip=clip, **options).state_dict()
    for name in (None, "mvit_b_16x4"):
        with pytest.raises(ModelError, match="may be of several networks"):
            from_checkpoint(weights, name)
        assert from_checkpoint(weights, name, clip=clip, heads=1).clip == clip


def test_what_wraps_all_names_is_taken_off_everywhere() -> None:
    with torch.device("meta"):
        bare = create_model("tanet-resnet18", 5, widen=3).state_dict()
    for weights in (bare, {f"net.{key}": value for key, value in bare.items()}):
        assert shown_by(weights, "tanet-resnet18", ClipSpec(), {}).options == {"frames": 8, "widen": 3}


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_a_lost_weight_is_told(name: str) -> None:
    with torch.device("meta"):
        weights = create_model(name, 5).state_dict()
    assert identify(weights)
    for key in [key for key in weights if key.endswith("weight") and ("stem" in key or ".0." in key)][:5]:
        assert identify({other: value for other, value in weights.items() if other != key}) == [], key


def test_the_nearest_network_is_told_with_what_is_lost() -> None:
    with torch.device("meta"):
        weights = create_model("tam-resnet18", 5).state_dict()
    del weights["backbone.stages.2.0.branch.bn1.weight"]
    with pytest.raises(ModelError, match=r"Nearest: tam-resnet18, but for 1 of its weights \(backbone.stages.2.0"):
        from_checkpoint(weights)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ptv_slow_r50", "ptv_slowfast_r50_8x8", "pysf_i3d_8x8_r50", "ptv_csn_r50"])
def test_classifiers_that_were_trained_on_windows_see_them(name: str) -> None:
    """PyTorchVideo's and PySlowFast's networks pool 7 x 7 places, of which a clip of 256 pixels has 2 x 2 windows."""
    weights = {key: torch.zeros(shape) for key, shape in reference(name)["keys"].items()}
    built = from_checkpoint(weights, **VECTORS[name].told)
    assert built.backbone.windows.size == 7


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mean", "fps"), [
    ("ptv_x3d_m", 0.45, 30.0), ("tv_r3d_18", 0.43216, 30.0), ("mm_c2d_r50", 0.485, None),
    ("movinet_a0_base", 0.0, None),
])
def test_a_zoos_networks_see_clips_as_it_shows_them(name: str, mean: float, fps: float | None) -> None:
    row = VECTORS[name]
    weights = {key: torch.zeros(shape) for key, shape in reference(name)["keys"].items()}
    clip = from_checkpoint(weights, **row.told).clip
    assert (clip.mean[0], clip.fps) == (mean, fps if clip.sampling == "dense" else None)
    assert from_checkpoint(weights, **row.told, clip=ClipSpec(16, 64, 64)).clip == ClipSpec(16, 64, 64)
