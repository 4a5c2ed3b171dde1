"""Training that starts from an image network's file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from kinema.errors import ModelError, RunError
from kinema.models import ClipSpec, create_model
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.start import completed, start_from
from kinema.training.train import train
from kinema.weights import save_network
from tests.conftest import TINY
from tests.training.common import HERE
from tests.weights.agreement import reference
from tests.weights.test_images import weights

VIT: dict[str, Any] = {**TINY, "model": "s3d-vit_tiny", "size": 64, "epochs": 1}


@pytest.fixture(scope="module")
def picture_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a small vision transformer, as torchvision's training scripts save it."""
    path = tmp_path_factory.mktemp("weights") / "vit.pth"
    torch.save({"model": weights("tv_vit"), "epoch": 299}, path)
    return path


@pytest.mark.slow
def test_a_training_starts_from_torchvisions_file(motion: Path, picture_weights: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), start=str(picture_weights), inflation="centre",
                    options={"edges": "repeat"}, lr=1e-9, weight_decay=1e-9, **VIT)
    run = train(recipe, HERE, quiet=True)
    told = ("The weights it starts from are a vision transformer's, in torchvision's or timm's layout, inflated by "
            "centre.")
    assert told in run.facts["notes"]
    assert Run.open(run.path).recipe.inflation == "centre"
    learned, began = run.model("last").state_dict(), weights("tv_vit")
    torch.testing.assert_close(learned["backbone.blocks.3.mlp.up.weight"],
                               began["encoder.layers.encoder_layer_3.mlp.0.weight"], rtol=0, atol=1e-4)


def test_an_image_network_of_another_kind_leaves_no_folder(
    motion: Path, picture_weights: Path, tmp_path: Path
) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), start=str(picture_weights), **TINY)
    with pytest.raises(ModelError, match=r"^tam-resnet_tiny cannot be inflated.*Nearest: i3d-vit_tiny, tsn-vit_tiny"):
        train(recipe, HERE, quiet=True)
    assert not (tmp_path / "run").exists()


def test_an_unknown_inflation_is_told() -> None:
    with pytest.raises(RunError, match=r"inflation is 'center'; known are mean, centre, repeat. Nearest: centre"):
        Recipe("clips/", inflation="center")


@pytest.mark.slow
def test_a_training_takes_the_colours_and_options_of_the_weights_it_starts_from(tmp_path: Path) -> None:
    shapes = reference("ptv_slow_r50")["keys"]
    torch.save({key: torch.zeros(shape) for key, shape in shapes.items()}, tmp_path / "slow.pth")
    recipe = Recipe("clips/", model="slow-resnet50", start=str(tmp_path / "slow.pth"))
    found, notes = completed(recipe)
    assert notes == []
    assert (found.clip.mean, found.clip.std, found.clip.order) == ((0.45,) * 3, (0.225,) * 3, "rgb")
    assert found.options == {"head_size": 224}
    told, _ = completed(replace(recipe, mean=(0.0,) * 3, options={"head_size": 0}))
    assert (told.clip.mean, told.clip.std, told.options) == ((0.0,) * 3, (0.225,) * 3, {"head_size": 0})


def test_a_training_takes_the_colours_of_an_own_file(tmp_path: Path) -> None:
    clip = ClipSpec(4, 64, 64, mean=(0.1, 0.2, 0.3), order="bgr")
    path = save_network(create_model("tsn-resnet_tiny", 2, clip=clip), tmp_path / "own.safetensors")
    found = completed(Recipe("clips/", model="tsn-resnet_tiny", start=str(path)))[0].clip
    assert (found.mean, found.std, found.order) == (clip.mean, clip.std, "bgr")


@pytest.mark.slow
def test_a_training_takes_the_options_that_an_own_file_says(tmp_path: Path) -> None:
    """Its weights do not show them."""
    made = create_model("tsm-resnet_tiny", 2, frames=4, causal=True, edges="repeat", before="block")
    path = save_network(made, tmp_path / "own.safetensors")
    recipe, notes = completed(Recipe("clips/", model="tsm-resnet_tiny", start=str(path)))
    assert recipe.options == {"edges": "repeat", "before": "block"}
    assert notes == ["The weights it starts from were trained with causal True, not False."]
    slowfast = create_model("slowfast_r50_4x16", 2, pick="strided", width_factor=0.25, beta=4)
    path = save_network(slowfast, tmp_path / "slowfast.safetensors")
    recipe, _ = completed(Recipe("clips/", model="slowfast-resnet50", start=str(path)))
    assert recipe.options == {"alpha": 8, "taps": 5, "pick": "strided", "width_factor": 0.25, "beta": 4}
    assert completed(Recipe("clips/", model="i3d-resnet50", start=str(path)))[0].options == {}


@pytest.mark.slow
def test_a_run_goes_on_with_what_was_asked_for(motion: Path, tiny_run: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), start=str(tiny_run), **{**TINY, "epochs": 1})
    run = train(recipe, HERE, quiet=True)
    assert train(recipe, HERE, quiet=True).path == run.path
    with pytest.raises(RunError, match="run with another recipe: mean"):
        train(replace(recipe, mean=run.recipe.clip.mean), HERE, quiet=True)


def test_a_classifier_of_as_many_other_classes_is_new(tmp_path: Path) -> None:
    made = create_model("tsn-resnet_tiny", ("walk", "jump"))
    path = str(save_network(made, tmp_path / "own.safetensors"))
    for labels, kept in ((("walk", "jump"), True), (("eat", "drink"), False)):
        network = create_model("tsn-resnet_tiny", labels)
        start_from(network, Recipe("clips/", model="tsn-resnet_tiny", start=path))
        assert torch.equal(network.classifier.weight, made.classifier.weight) == kept
        assert torch.equal(next(network.backbone.parameters()), next(made.backbone.parameters()))
