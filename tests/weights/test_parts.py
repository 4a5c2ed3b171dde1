"""A network whose parts are published as files of their own is read from all of them together."""

from pathlib import Path

import pytest
import torch

from kinema.errors import ModelError
from kinema.weights import from_checkpoint, load_weights
from tests.weights.agreement import reference
from tests.weights.pseudoweights import state_dict


@pytest.fixture(scope="module")
def whole() -> dict[str, torch.Tensor]:
    """V-JEPA 2's encoder, of which one block is left, and its probe."""
    figures = reference("vjepa2_fb_vits_attentive")
    keys = {key: shape for key, shape in figures["keys"].items()
            if not key.startswith("encoder.blocks.") or key.startswith("encoder.blocks.0.")}
    return state_dict({**figures, "keys": keys})


@pytest.fixture
def files(whole: dict[str, torch.Tensor], tmp_path: Path) -> list[Path]:
    """The two files, as they are published: the encoder has a table of positions that it does not use."""
    encoder = {"module.backbone." + key.removeprefix("encoder."): value
               for key, value in whole.items() if key.startswith("encoder.")}
    probe = {"module." + key.removeprefix("classifier."): value
             for key, value in whole.items() if key.startswith("classifier.")}
    encoder["module.backbone.pos_embed"] = torch.zeros(1, 8, 384)
    torch.save({"encoder": {}, "target_encoder": encoder, "predictor": {}, "epoch": 1}, tmp_path / "encoder.pt")
    torch.save({"classifiers": [probe], "opt": [], "epoch": 20}, tmp_path / "probe.pt")
    return [tmp_path / "encoder.pt", tmp_path / "probe.pt"]


def test_an_encoder_and_its_probe_are_one_network(whole: dict[str, torch.Tensor], files: list[Path]) -> None:
    expected, network = from_checkpoint(whole), from_checkpoint(files)
    x_NCTHW = torch.randn(1, 3, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(network(x_NCTHW), expected(x_NCTHW))
    assert network.classes == 174
    load_weights(network, files[::-1])


def test_a_part_alone_says_what_else_is_needed(files: list[Path]) -> None:
    with pytest.raises(ModelError, match="probe alone"):
        from_checkpoint(files[1])
    with pytest.raises(ModelError, match="no classifier"):
        from_checkpoint(files[0])
    assert from_checkpoint(files[0], classes=7).classes == 7
    with pytest.raises(ModelError, match="stand in two"):
        from_checkpoint([files[1], files[1]])
