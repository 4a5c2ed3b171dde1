"""Roll-out: the shares of patches are those of attention multiplied out by hand, and lie where tokens look."""

import pytest
import torch
from torch import nn

from benchmarks import checks
from kinema.errors import ModelError
from kinema.explain.attended import attended
from kinema.explain.mixing import mixed
from kinema.explain.rollout import rollout, shares
from kinema.explain.ways import by_importance
from kinema.models import ClipSpec, Network, create_model
from kinema.models.transformer.attention import Attention
from kinema.models.transformer.tokens import Grid
from kinema.models.transformer.uniformer_blocks import Attention as UniFormerAttention

SPEC = ClipSpec(4, 48, 48)
PLACES = 9  # of a frame
KINDS = [
    ("tsn-vit_tiny", {}), ("tsm-vit_tiny-tp", {}), ("i3d-vit_tiny", {}), ("s3d-vit_tiny", {}), ("encoder-vit_tiny", {}),
    ("s3d-vit_tiny", {"split": "space_time", "readout": "patches"}), ("i3d-vit_tiny-tp", {"readout": "class_patches"}),
    ("s3d-vit_tiny", {"split": "heads", "readout": "patches"}), ("i3d-vit_tiny", {"readout": "first"}),
    ("i3d-vit_tiny", {"readout": "probe", "positions": "rotary", "tubelet": 2}),
    ("i3d-vit_tiny", {"readout": "mean", "positions": "sine", "tubelet": 2}),
]
LARGE = [
    pytest.param("mvit_b", {}, marks=pytest.mark.slow), ("mvit_b", {"token": False}), ("mvitv2_s", {}),
    pytest.param("uniformerv2_b16", {"globals": 2}, marks=pytest.mark.slow),
    ("rev_mvit_b", {}), ("uniformer_s", {}), ("uniformer_s", {"split": True}), ("uniformer_xxs", {}),
    ("swin3d_t", {"window": (8, 6, 6)}),
]
LOST = ("encoder", "uniformerv2", "uniformer_xxs")  # some of the shares is that of tokens that hold nothing at first


def made(name: str, spec: ClipSpec = SPEC, **options: object) -> Network:
    with checks.quick_start():
        network = create_model(name, 3, clip=spec, **options).eval()
    checks.fill(network)
    return network


@pytest.fixture(scope="module")
def clips() -> torch.Tensor:
    return torch.randn(2, *SPEC.shape_CTHW, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "options"), [*KINDS, *LARGE])
def test_shares_add_up(name: str, options: dict, clips: torch.Tensor) -> None:
    share_NL1, grid, logits_NK, _ = shares(made(name, **options), clips)
    assert share_NL1.shape == (2, grid.patches, 1)
    assert logits_NK.shape == (2, 3)
    assert share_NL1.min() >= 0
    whole = grid.classes == 0 and not name.startswith(LOST) and options.get("readout") != "probe"
    for total in share_NL1.sum(1):
        assert total.item() == pytest.approx(1, abs=1e-4) if whole else 0.1 < total.item() < 1


def attention_matrices(network: Network, clips: torch.Tensor) -> list[torch.Tensor]:
    """The mean of all heads of each attention (M L L), from its layer's own queries and keys."""
    found = []

    def see(module: Attention, inputs: tuple, output: torch.Tensor) -> None:
        query, key, _ = module.project(inputs[0])
        found.append((query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).softmax(3).mean(1))

    hooks = [module.register_forward_hook(see) for module in network.modules() if isinstance(module, Attention)]
    with torch.inference_mode():
        network(clips)
    for hook in hooks:
        hook.remove()
    return found


def test_joint_attention_is_a_product_of_matrices(clips: torch.Tensor) -> None:
    network = made("i3d-vit_tiny")
    product = torch.eye(1 + 4 * PLACES)
    for each_NLL in attention_matrices(network, clips):
        product = (each_NLL + torch.eye(1 + 4 * PLACES)) / 2 @ product
    assert torch.allclose(shares(network, clips)[0][..., 0], product[:, 0, 1:], atol=1e-6)


def test_frames_apart_are_as_many_products(clips: torch.Tensor) -> None:
    network = made("tsn-vit_tiny")
    product = torch.eye(1 + PLACES)
    for each_MLL in attention_matrices(network, clips):
        product = (each_MLL + torch.eye(1 + PLACES)) / 2 @ product
    expected = product[:, 0, 1:].reshape(2, 4 * PLACES) / 4  # the frames' class tokens count alike
    assert torch.allclose(shares(network, clips)[0][..., 0], expected, atol=1e-6)


def test_divided_attention_goes_over_time_and_then_within_frames(clips: torch.Tensor) -> None:
    network = made("s3d-vit_tiny")
    matrices = attention_matrices(network, clips[:1])
    product = torch.eye(1 + 4 * PLACES)
    for time_STT, space_TLL in zip(matrices[::2], matrices[1::2], strict=True):
        over, within = torch.eye(1 + 4 * PLACES), torch.eye(1 + 4 * PLACES) / 2
        for place in range(PLACES):
            at = 1 + place + PLACES * torch.arange(4)
            over[at[:, None], at] = (time_STT[place] + torch.eye(4)) / 2
        for frame in range(4):
            at = torch.cat([torch.zeros(1).long(), 1 + frame * PLACES + torch.arange(PLACES)])
            weight = torch.full((1 + PLACES, 1), 0.5)
            weight[0] /= 4  # the clip's one token takes the mean of what it finds in four frames
            within[at[:, None], at] += weight * space_TLL[frame]
        product = within @ over @ product
    assert torch.allclose(shares(network, clips[:1])[0][0, :, 0], product[0, 1:], atol=1e-6)


@pytest.mark.parametrize("name", ["tsn-vit_tiny", "i3d-vit_tiny", "s3d-vit_tiny", "encoder-vit_tiny"])
def test_heat_lies_where_tokens_look(name: str) -> None:
    """All queries are made to look for a bright patch, and nothing else happens in the network."""
    network = made(name)
    clip = torch.zeros(1, *SPEC.shape_CTHW)
    clip[:, :, 2, 16:32, 32:48] = 3.0  # third frame, second row, last column
    with torch.no_grad():
        tokens_NLD = network.backbone.stem(clip).flatten(2).transpose(1, 2)
        bright = nn.functional.layer_norm(tokens_NLD[0, 2 * PLACES + 5], (64,))
        for key, parameter in network.named_parameters():
            if "position" in key or "token" in key or ".mlp.down" in key or ".out." in key:
                parameter.zero_()
            elif key.endswith(("norm.weight", "norm.bias")):
                parameter.fill_(float(key.endswith("weight")))
        for module in network.backbone.modules():
            if isinstance(module, Attention):
                module.qkv.weight.zero_()
                module.qkv.weight[64:128] = torch.eye(64)
                module.qkv.bias.zero_()
                module.qkv.bias[:64] = bright
    heat_THW = rollout(network, clip).heat_NTHW[0]
    frame, row, column = (int(place) for place in torch.unravel_index(heat_THW.argmax(), heat_THW.shape))
    assert frame == 2
    assert 16 <= row < 32 <= column < 48
    assert heat_THW[2, 24, 40] > 3 * heat_THW.mean()


def test_global_blocks_are_a_product_of_matrices() -> None:
    """A UniFormer's third stage, from which the fourth takes the mean of four places at a time."""
    spec, clips = ClipSpec(4, 64, 64), torch.randn(2, 3, 4, 64, 64)
    network, matrices = made("uniformer_s", spec, depths=(1, 1, 2, 1)), []

    def see(module: UniFormerAttention, inputs: tuple, output: torch.Tensor) -> None:
        query, key, _ = module.parts(inputs[0])
        matrices.append((query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).softmax(3).mean(1))

    for module in network.modules():
        if isinstance(module, UniFormerAttention):
            module.register_forward_hook(see)
    share_NL1, grid, _, _ = shares(network, clips)
    assert grid == Grid(0, 2, 4, 4)
    merged = nn.functional.avg_pool3d(torch.eye(32).reshape(32, 2, 4, 4), (1, 2, 2)).flatten(1).T  # 8 of 32
    first, second, third = (each / 2 + torch.eye(each.shape[1]) / 2 for each in matrices)
    assert torch.allclose(share_NL1[..., 0], (third @ merged @ second @ first).mean(1), atol=1e-6)


@pytest.mark.parametrize(("shifted", "place", "seen"), [
    (False, (0, 0), (slice(0, 6), slice(0, 6))),
    (True, (4, 4), (slice(3, 9), slice(3, 9))),
    (True, (1, 10), (slice(0, 3), slice(9, 12))),  # what wrapped around the edges is apart
])
def test_windows_are_those_of_the_network(shifted: bool, place: tuple[int, int], seen: tuple[slice, slice]) -> None:
    network = made("swin3d_t", window=(8, 6, 6))
    with attended(network) as steps, torch.no_grad():
        network(torch.randn(1, *SPEC.shape_CTHW))
    step = steps[int(shifted)]
    held_1L1 = torch.ones(1, 2 * 12 * 12, 1, requires_grad=True)
    at = place[0] * 12 + place[1]
    (share_1L1,) = torch.autograd.grad(mixed(step, held_1L1)[0][0, at, 0], held_1L1)
    share_THW = share_1L1.reshape(2, 12, 12)
    assert share_THW.sum().item() == pytest.approx(1, abs=1e-5)
    inside = torch.zeros(12, 12, dtype=torch.bool)
    inside[seen] = True
    assert torch.equal(share_THW[0] > 0, inside)
    assert share_THW[0][place] > 0.5


def test_tokens_that_are_left_out_follow_their_mean() -> None:
    """Of a small UniFormer's second block on, half of the tokens take what one mean of them took."""
    network = made("uniformer_xxs", ClipSpec(4, 64, 64), depths=(1, 1, 2, 1))
    with attended(network) as steps, torch.no_grad():
        network(torch.randn(1, 3, 4, 64, 64))
    assert [step.calls[0].query_MALE.shape[2] for step in steps] == [1 + 32, 1 + 16 + 1, 1 + 4 + 1]
    held_1L1 = torch.rand(1, 32, 1)
    before, _ = by_importance(steps[:1], held_1L1)
    after, grid = by_importance(steps[:2], held_1L1)
    assert grid == Grid(0, 2, 4, 4)
    left = steps[1].weight_NL[0].argsort(descending=True)[16:]
    taken = 2 * after[0, left, 0] - before[0, left, 0]
    assert torch.allclose(taken, taken[:1].expand(16), atol=1e-6)


@pytest.mark.parametrize(("name", "why"), [
    ("tsn-resnet_tiny", "no transformer"), ("encoder-resnet_tiny", "frames alone"),
])
def test_other_networks_are_sent_to_grad_cam(name: str, why: str, clips: torch.Tensor) -> None:
    with pytest.raises(ModelError, match=why) as error:
        rollout(made(name), clips)
    assert "kinema explain cam" in str(error.value)
