"""A network in parts: every weight is in one of them, and what is frozen does not depend on what is not."""

import pytest
import torch
from torch import nn

from benchmarks import checks
from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.parts import depth_of, freeze, stages

SMALL = ("i3d-resnet_tiny", "tam+nonlocal-resnet_tiny", "s3d-vit_tiny", "twostream-resnet_tiny")
LARGER = ("slowfast-resnet50", "eco_lite", "movinet_a0", "uniformer_xxs")
COUNTS = {
    "tam-resnet18": 4, "i3d-inception_v1": 12, "slowfast_r50_8x8": 4, "x3d_m": 4, "timesformer": 12, "mvit_b_16x4": 16,
    "swin3d_t": 4, "twostream-resnet_tiny": 4, "c3d": 5, "i3d-inception_3d_rgb_flow": 12, "uniformer_xxs": 4,
}


@pytest.mark.slow
def test_every_weight_of_every_kind_of_network_is_in_one_part() -> None:
    for name in (name for name in checks.one_of_each_family() if "resnet_tiny" not in name):
        with torch.device("meta"), checks.quick_start():
            network = create_model(name, 3)
        names = [part for parts in stages(network) for part in parts]
        assert len(names) == len(set(names))
        for key, _ in network.named_parameters():
            assert sum(key == part or key.startswith(f"{part}.") for part in names) == 1, (name, key)


@pytest.mark.parametrize("name", COUNTS)
def test_stages_are_counted_as_published(name: str) -> None:
    with torch.device("meta"), checks.quick_start():
        network = create_model(name, 3)
    depth = depth_of(network)
    trained = {depth(key) for key, _ in network.named_parameters()}
    assert len(stages(network)) == COUNTS[name] + 3
    assert trained >= {*range(1, COUNTS[name] + 1), COUNTS[name] + 2}


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGER)])
def test_what_is_frozen_stays_as_it_is_whatever_is_learnt_above(name: str) -> None:
    """All that a frozen layer gives is the same with other weights in all that is not frozen, and after training."""
    subject = checks.subject(name)
    network, clips = subject.network, subject.clip(clips=2)
    freeze(network, 2)
    network.train()
    held = {key: value.clone() for key, value in network.state_dict().items() if depth_of(network)(key) <= 2}
    before = answers(network, clips)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.mul_(1.5).add_(0.1)
    after = answers(network, clips)
    assert before
    for key, value in before.items():
        torch.testing.assert_close(after[key], value, rtol=0, atol=0, msg=key)
    network(clips).sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.requires_grad == (key not in held)
        assert parameter.grad is None or parameter.requires_grad
    assert all(torch.equal(network.state_dict()[key], value) for key, value in held.items())


def answers(network: nn.Module, clips_NCTHW: torch.Tensor) -> dict[str, torch.Tensor]:
    """What each frozen layer with weights gives in a forward pass."""
    found: dict[str, torch.Tensor] = {}
    hooks = [network.get_submodule(name).register_forward_hook(
        lambda layer, come, gone, name=name: found.update({name: gone}) if isinstance(gone, torch.Tensor) else None)
        for name in network.frozen if next(network.get_submodule(name).parameters(recurse=False), None) is not None]
    with torch.no_grad():
        network(clips_NCTHW)
    for hook in hooks:
        hook.remove()
    return found


def test_frozen_parts_stay_in_evaluation_mode() -> None:
    network = create_model("tam-resnet_tiny", 3)
    freeze(network, 1)
    network.eval().train()
    norms = {name: part.training for name, part in network.named_modules() if isinstance(part, nn.BatchNorm3d)}
    assert [name for name, training in norms.items() if not training] == [
        name for name in norms if "stem" in name or "stages.1" in name]
    freeze(network, -1)
    assert [name for name, parameter in network.named_parameters() if parameter.requires_grad] == [
        "classifier.weight", "classifier.bias"]
    assert not any(part.training for part in network.modules() if isinstance(part, nn.BatchNorm3d))


def test_more_stages_than_there_are_cannot_be_frozen() -> None:
    with pytest.raises(ModelError, match="frozen is 5; tam-resnet_tiny has 4 stages"):
        freeze(create_model("tam-resnet_tiny", 3), 5)
