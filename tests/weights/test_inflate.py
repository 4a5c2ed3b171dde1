"""Image networks in video networks: a clip of one picture gets the image network's answer.

The image network is the same backbone with tsn; beside torchvision's and timm's own see test_images.
"""

import csv
from pathlib import Path

import pytest
import torch

from benchmarks.inflation import NEW_READOUTS, difference, rows, video_network
from kinema.errors import ModelError
from kinema.models import ClipSpec, create_model
from kinema.weights.inflation.inflate import WAYS, inflate

CLOSE = 1e-5  # of the logits' standard deviation
SHIFTS = ("tsm", "online_tsm", "tanet", "action")  # what they bring from beyond a clip's edges is seen
CHANGED = ("tin", "teinet")  # always change what they see
REFUSED = ("r2plus1d", "ircsn", "ipcsn", "gst", "p3d")  # whose convolutions are no image network's, on basic blocks
TINY = [name for name in rows() if "_tiny" in name and "-" in name]
TAKEN = [name for name in TINY if name.split("-")[0] not in (*REFUSED, *CHANGED, *NEW_READOUTS)]


def of(names: tuple[str, ...]) -> list[str]:
    """The small networks with one of these modules."""
    return [name for name in TINY if name.split("-")[0].split("+")[0] in names]


@pytest.mark.parametrize("name", TAKEN)
def test_a_still_video_gets_the_image_networks_answer(name: str) -> None:
    assert difference(name, "mean", "repeat") < CLOSE
    if name.split("-")[0].split("+")[0] not in SHIFTS:
        assert difference(name, "centre", "zeros") < CLOSE


@pytest.mark.slow
@pytest.mark.parametrize("how", ["centre", "mean"])
@pytest.mark.parametrize("name", ["i3d-resnet50", "s3d-resnet50", "p3d-resnet50", "tsm-resnet50", "i3d-mobilenet_v2",
                                  "gsm-bn_inception", "i3d-inception_3d", "late-cnn_2014", "r3d-densenet121"])
def test_and_so_it_does_on_larger_backbones(name: str, how: str) -> None:
    assert difference(name, how, "repeat" if how == "mean" or name.startswith("tsm") else "zeros") < CLOSE


@pytest.mark.parametrize("name", of(NEW_READOUTS))
def test_where_frames_are_read_anew_their_features_are_the_image_networks(name: str) -> None:
    assert difference(name, "mean", "repeat", features=True) < 10 * CLOSE  # of single values, not of their means
    assert difference(name, "mean", "repeat") > CLOSE


@pytest.mark.parametrize("name", of(CHANGED))
def test_what_always_changes_its_input_takes_the_kernels_alone(name: str) -> None:
    assert difference(name, "mean", "repeat") > CLOSE


@pytest.mark.parametrize("name", of(REFUSED))
def test_other_convolutions_refuse_by_name(name: str) -> None:
    with pytest.raises(ModelError, match=f"^{name} cannot be inflated.*Nearest: "):
        difference(name, "centre", "zeros")


def test_a_shift_brings_zeros_from_beyond_the_edges() -> None:
    assert difference("tsm-resnet_tiny", "centre", "zeros") > CLOSE


@pytest.mark.parametrize("causal", [False, True])
def test_the_middle_of_a_causal_kernel_is_its_last_frame(causal: bool) -> None:
    image = create_model("tsn-resnet_tiny", 5).state_dict()
    video = inflate(create_model("i3d-resnet_tiny", 5, causal=causal), image, "centre")
    kernel = video.state_dict()["backbone.stages.1.0.branch.conv1.weight"]
    assert [bool(kernel[:, :, frame].any()) for frame in range(3)] == ([False, False, True] if causal else
                                                                       [False, True, False])


def test_kernels_are_repeated_shared_out_or_put_in_the_middle() -> None:
    image = create_model("tsn-resnet_tiny", 5)
    flat = image.state_dict()["backbone.stages.1.0.branch.conv1.weight"]
    for how in WAYS:
        video = inflate(create_model("i3d-resnet_tiny", 5), image.state_dict(), how)
        deep = video.state_dict()["backbone.stages.1.0.branch.conv1.weight"]
        assert deep.shape[2] == 3
        torch.testing.assert_close(deep[:, :, 1:2], flat / (3 if how == "mean" else 1))
        torch.testing.assert_close(deep.sum(2, keepdim=True), flat * (3 if how == "repeat" else 1))


@pytest.mark.parametrize(("kind", "own"), [("rgb+flow", 3), ("rgb+flow_stack", 3), ("flow", 0), ("difference", 0)])
def test_colours_keep_their_kernels_beside_flow(kind: str, own: int) -> None:
    image = create_model("tsn-resnet_tiny", 5).state_dict()
    key = next(key for key in image if ".stem." in key)
    flat = image[key]
    deep = inflate(create_model("tsn-resnet_tiny", 5, clip=ClipSpec(4, 32, 32, input=kind)), image).state_dict()[key]
    assert torch.equal(deep[:, :own], flat[:, :own])
    assert torch.equal(deep[:, own:], flat.mean(1, keepdim=True).expand(-1, deep.shape[1] - own, -1, -1, -1))


@pytest.mark.slow
def test_other_weights_are_refused_and_nothing_changes() -> None:
    video = create_model("i3d-resnet18", 9)
    before = {key: value.clone() for key, value in video.state_dict().items()}
    with pytest.raises(ModelError, match=r"^i3d-resnet18 cannot be inflated .*They are those of resnet_tiny"):
        inflate(video, create_model("tsn-resnet_tiny", 9).state_dict())
    assert all(torch.equal(before[key], value) for key, value in video.state_dict().items())
    with pytest.raises(ModelError, match=r"how='center' is unknown.*Nearest: centre"):
        inflate(video, {}, "center")


@pytest.mark.parametrize(("name", "part"), [
    ("tam-resnet_tiny", ".before.mix.weight"), ("tsn+se-resnet_tiny", ".gate.excite.weight"),
    ("gsm-resnet_tiny", ".shift.gate.weight"), ("action-resnet_tiny", ".before.expand.weight"),
    ("stm-resnet_tiny", ".motion.expand.weight"), ("s3d-vit_tiny", ".attention.time.out.weight"),
])  # fmt: skip
def test_what_begins_as_nothing_learns(name: str, part: str) -> None:
    image = create_model(f"tsn-{name.split('-')[1]}", 5, frames=8)
    video = inflate(video_network(name, 64, "zeros").train(), image.state_dict())
    video(torch.randn(2, 3, 8, 64, 64)).square().sum().backward()
    gradients = [value.grad for key, value in video.named_parameters() if key.endswith(part)]
    assert gradients
    assert all(gradient is not None and gradient.any() for gradient in gradients)


def test_a_uniformer_sees_a_still_video_as_one_picture() -> None:
    tiny = {"widths": (8, 16, 32, 64), "depths": (1, 1, 1, 1), "head": 8, "frames": 8}
    torch.manual_seed(0)
    image = {key: value[:, :, 0] if value.dim() == 5 else value
             for key, value in create_model("uniformer_s", 5, **tiny).state_dict().items()}  # type: ignore[arg-type]
    video = create_model("uniformer_s", 5, **tiny)  # type: ignore[arg-type]
    inflate(video.eval(), {"head.weight": image.pop("classifier.weight"), "head.bias": image.pop("classifier.bias"),
                           **{theirs(key): value for key, value in image.items()}}, "centre")
    picture = torch.randn(1, 3, 1, 64, 64)
    with torch.inference_mode():  # one frame is seen by the middle of each kernel alone
        torch.testing.assert_close(video(picture.expand(-1, -1, 8, -1, -1)), video(picture), rtol=0, atol=1e-5)


def theirs(key: str) -> str:
    """What a UniFormer's image network calls a weight."""
    for ours, old in (("backbone.", ""), ("stages.", "blocks"), (".blocks.", "."), (".position.", ".pos_embed."),
                      (".mix.near.", ".attn."), (".mix.", "."), (".attention.out.", ".attn.proj."),
                      (".attention.", ".attn.")):
        key = key.replace(ours, old, 1)
    head, _, rest = key.partition(".patches.")
    return f"patch_embed{head[-1]}.{rest.replace('conv.', 'proj.')}" if rest else key


def test_the_table_has_a_row_for_each_module_on_each_kind_of_backbone() -> None:
    with (Path(__file__).parents[2] / "docs" / "inflation.csv").open(encoding="utf-8") as file:
        table = {row["network"]: row for row in csv.DictReader(file)}
    assert [*table] == list(dict.fromkeys(rows()))
    for row in table.values():  # equal, or it is said why not
        assert row["note"] or float(row["mean, edges repeated"]) < CLOSE, row
        assert row["note"] or row["network"].split("-")[0].split("+")[0] in SHIFTS or float(row["centre"]) < CLOSE, row
