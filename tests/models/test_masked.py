"""The masked autoencoder: what is hidden, what the encoder sees, what is painted, and how that is judged."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from kinema.data.transforms.tubes import tubes
from kinema.errors import ModelError
from kinema.keyed import keyed_generator
from kinema.models import ClipSpec, Network, create_model
from kinema.models.transformer.masked import (
    MaskedAutoencoder,
    apart,
    encoder_of,
    maskable,
    normal,
    patches_of,
    places_of,
)
from kinema.models.transformer.rotary import turn, turns
from kinema.models.transformer.tokens import Grid

CLIP = ClipSpec(4, 32, 32)
SHORT = {"patch": 8, "depth": 2}
NETWORKS = {
    "tsn-vit_tiny": {}, "tsm-vit_tiny": {}, "i3d-vit_tiny": {"tubelet": 2, "positions": "sine", "readout": "mean"},
    "s3d-vit_tiny": {}, "encoder-vit_tiny": {"tubelet": 2},
    "i3d-vit_tiny, rotary": {"tubelet": 2, "positions": "rotary", "readout": "probe"},
    "s3d-vit_tiny, rotary": {"positions": "rotary"},
}


def small(name: str) -> Network:
    return create_model(name.partition(",")[0], 3, clip=CLIP, **SHORT, **NETWORKS[name])


def masked_batch(clips: int = 2, hidden: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    hidden_NS = torch.stack([tubes(16, hidden, keyed_generator(0, clip)) for clip in range(clips)])
    return torch.randn(clips, 3, 4, 32, 32), hidden_NS


def changed_where(clip_NCTHW: torch.Tensor, hidden_NS: torch.Tensor) -> torch.Tensor:
    """A clip with other pixels in all hidden places."""
    pixels = hidden_NS.view(-1, 1, 1, 4, 4).repeat_interleave(8, 3).repeat_interleave(8, 4)
    return torch.where(pixels, torch.randn_like(clip_NCTHW), clip_NCTHW)


def test_tubes_hide_so_many_places_by_their_key() -> None:
    drawn = [tubes(36, 32, keyed_generator(0, "epoch", index)) for index in range(20)]
    assert all(int(hidden_S.sum()) == 32 for hidden_S in drawn)
    assert torch.equal(drawn[3], tubes(36, 32, keyed_generator(0, "epoch", 3)))
    assert len({tuple(hidden_S.tolist()) for hidden_S in drawn}) == 20
    often_S = torch.stack([tubes(4, 2, keyed_generator(index)) for index in range(400)]).float().mean(0)
    assert bool((often_S - 0.5).abs().max() < 0.1)


@pytest.mark.parametrize("name", NETWORKS)
def test_hidden_pixels_change_nothing_of_the_encoding(name: str) -> None:
    """And nothing of what is painted; shown pixels do."""
    masked = MaskedAutoencoder(small(name), depth=1).eval()
    clip_NCTHW, hidden_NS = masked_batch()
    other_NCTHW = changed_where(clip_NCTHW, hidden_NS)
    shown_NV = apart(hidden_NS)[0]
    with torch.no_grad():
        found, grid = masked.encode(clip_NCTHW, shown_NV)
        assert torch.equal(found, masked.encode(other_NCTHW, shown_NV)[0])
        assert torch.equal(masked.paint(clip_NCTHW, hidden_NS), masked.paint(other_NCTHW, hidden_NS))
        shown_too = changed_where(clip_NCTHW, ~hidden_NS)
        assert not torch.allclose(found, masked.encode(shown_too, shown_NV)[0])
    assert found.shape[2] == 4 == grid.places
    assert not torch.allclose(masked.values(clip_NCTHW, hidden_NS), masked.values(other_NCTHW, hidden_NS))


@pytest.mark.parametrize("name", NETWORKS)
def test_with_nothing_hidden_the_encoder_is_the_network(name: str) -> None:
    network = small(name).eval()
    masked, clip_NCTHW = MaskedAutoencoder(network, depth=1), torch.randn(2, 3, 4, 32, 32)
    seen: list[torch.Tensor] = []
    network.backbone.blocks[-1].register_forward_hook(lambda module, given, found: seen.append(found))
    with torch.no_grad():
        masked.encode(clip_NCTHW, torch.arange(16).expand(2, -1))
        network(clip_NCTHW)
    torch.testing.assert_close(seen[0], seen[1])


def test_turned_places_are_those_of_the_whole_frame() -> None:
    """Attention over some places is that over all with the others left out."""
    network = small("i3d-vit_tiny, rotary").eval()
    masked, clip_NCTHW, hidden_NS = MaskedAutoencoder(network, depth=1), *masked_batch()
    shown_NV = apart(hidden_NS)[0]
    network.backbone.blocks = network.backbone.blocks[:1]
    attention = network.backbone.blocks[0].attention.attend
    with torch.no_grad():
        found_NTVD, _ = masked.encode(clip_NCTHW, shown_NV)
        seen: list[list[torch.Tensor]] = []
        attention.attend = lambda qkv, grid: seen.append([*turned(qkv, grid), qkv[2]]) or among(seen[0], hidden_NS)
        network(clip_NCTHW)
        whole_NTSD = network.backbone.blocks[0](*network.backbone.tokens(network.backbone.stem(clip_NCTHW)))
    whole_NTSD = whole_NTSD.unflatten(1, (2, 16))
    index = shown_NV[:, None, :, None].expand(-1, 2, -1, whole_NTSD.shape[3])
    torch.testing.assert_close(found_NTVD, whole_NTSD.gather(2, index))


def turned(qkv: list[torch.Tensor], grid: Grid) -> list[torch.Tensor]:
    """Queries and keys of all places, turned."""
    angles = turns(grid, qkv[0].shape[3], qkv[0])
    return [turn(part.transpose(1, 2), *angles).transpose(1, 2) for part in qkv[:2]]


def among(qkv: list[torch.Tensor], hidden_NS: torch.Tensor) -> torch.Tensor:
    """Attention to the places that are not hidden."""
    return scaled_dot_product_attention(*qkv, attn_mask=~hidden_NS.repeat(1, 2)[:, None, None])


@pytest.mark.parametrize("name", NETWORKS)
def test_all_that_is_trained_gets_a_gradient_and_the_readout_none(name: str) -> None:
    """As several processes demand of it."""
    network = small(name)
    masked = MaskedAutoencoder(network, depth=1)
    masked(*masked_batch())[0].backward()
    assert [key for key, one in masked.named_parameters() if one.requires_grad and one.grad is None] == []
    assert {key.split(".")[0] for key, one in encoder_of(network).named_parameters() if one.grad is None} == {"out"}


def test_patches_are_normalised_colour_by_colour() -> None:
    clip_NCTHW = torch.randn(1, 3, 4, 18, 16)  # two rows of pixels stick out
    patches_NTSPC = patches_of(clip_NCTHW, 2, 8)
    assert patches_NTSPC.shape == (1, 2, 4, 2 * 8 * 8, 3)
    piece = clip_NCTHW[0, 1, 2:4, 0:8, 8:16].flatten()  # green of the second step, at the upper right
    wanted = (piece - piece.mean()) / (piece.std() + 1e-6)
    torch.testing.assert_close(patches_NTSPC[0, 1, 1, :, 1], piece)
    torch.testing.assert_close(normal(patches_NTSPC)[0, 1, 1, :, 1], wanted)


@pytest.mark.parametrize("normalised", [True, False])
def test_what_is_painted_is_told_of_its_own_variance(normalised: bool) -> None:
    masked, (clip_NCTHW, hidden_NS) = MaskedAutoencoder(small("i3d-vit_tiny"), 1, normalised=normalised), masked_batch()
    clip_NCTHW = 5 * clip_NCTHW + 3
    values_NTMP = masked.values(clip_NCTHW, hidden_NS)
    assert (abs(values_NTMP.mean()) < 1e-3) == normalised
    with torch.no_grad():
        masked.out.weight.zero_()
        masked.out.bias.fill_(values_NTMP.mean())
    loss, explained = masked(clip_NCTHW, hidden_NS)
    torch.testing.assert_close(loss, values_NTMP.var(correction=0))
    assert abs(explained) < 1e-5  # a mean explains no variance


def test_the_loss_is_that_of_hidden_patches_alone() -> None:
    """A patch of one dark and one bright half is -1 and 1, but for (n-1)/n; all that is painted is 0.5."""
    masked = MaskedAutoencoder(small("tsn-vit_tiny"), depth=1)
    torch.nn.init.zeros_(masked.out.weight)
    torch.nn.init.constant_(masked.out.bias, 0.5)
    clip_NCTHW = torch.zeros(1, 3, 4, 32, 32)
    clip_NCTHW[..., 8:16, 4:8] = 3.0  # in place 4, which is hidden; the others are flat, and so 0
    hidden_NS = torch.ones(1, 16, dtype=torch.bool)
    hidden_NS[0, [1, 5]] = False
    loss, explained = masked(clip_NCTHW, hidden_NS)
    square = 63 / 64
    half_each = ((square**0.5 - 0.5) ** 2 + (square**0.5 + 0.5) ** 2) / 2
    assert loss.item() == pytest.approx((half_each + 13 * 0.25) / 14, rel=1e-5)
    assert float(explained) == pytest.approx(1 - loss.item() / (square / 14), rel=1e-5)
    hidden_NS[0, 4], hidden_NS[0, 5] = False, True
    assert masked(clip_NCTHW, hidden_NS)[0].item() == pytest.approx(0.25)


def test_a_decoder_learns_to_paint() -> None:
    masked = MaskedAutoencoder(small("s3d-vit_tiny"), depth=1)
    clip_NCTHW, hidden_NS = torch.rand(1, 3, 1, 4, 4).expand(2, -1, 4, -1, -1).repeat(1, 1, 1, 8, 8), masked_batch()[1]
    optimizer = torch.optim.AdamW(masked.parameters(), lr=3e-3)
    shares = []
    for _ in range(20):
        loss, explained = masked(clip_NCTHW, hidden_NS)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shares.append(float(explained))
    assert shares[0] < 0.1 < 0.4 < shares[-1]


@pytest.mark.parametrize(("name", "options"), [
    ("tam-resnet_tiny", {}), ("i3d-vit_tiny-tp", {})])
def test_networks_that_cannot_see_a_part_are_refused_with_those_that_can(name: str, options: dict) -> None:
    with pytest.raises(ModelError, match=r"cannot be pre-trained by masking.*timesformer.*videomae_s"):
        encoder_of(create_model(name, 3, clip=ClipSpec(8, 64, 64), **options))


def test_the_networks_that_can_are_told_rightly() -> None:
    able = maskable()
    assert {"videomae_b", "vivit_b16x2_fsa", "timesformer", "tsm-vit_b16", "i3d-vit_tiny", "vjepa2_l"} <= {*able}
    assert not {"i3d-vit_tiny-tp", "tam-resnet18", "uniformerv2_b16"} & {*able}
    with pytest.raises(ModelError, match="are 1 patches a frame of 1 x 16 x 16; masking needs 2"):
        places_of(create_model("tsn-vit_tiny", 3, clip=ClipSpec(4, 16, 16)))
