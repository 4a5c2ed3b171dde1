"""Image networks in video networks: a clip of one picture gets the image network's answer."""

import pytest
import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.models.layers import repeat_edges
from kinema.weights.inflate import WAYS, inflate

MATCHING = ["i3d-resnet18", "i3d-resnet50", "s3d-resnet18", "s3d-resnet50", "tsm-resnet18", "r3d-resnet18-tp",
            "mc3-resnet50", "p3d-resnet50"]
POOLED = {"r3d": {"stem_pool": "pixels"}, "mc3": {"stem_pool": "pixels"}}  # as image networks


def image_network(backbone: str) -> Network:
    torch.manual_seed(0)
    image = create_model(f"tsn-{backbone}", 9)
    for module in image.modules():
        if isinstance(module, nn.BatchNorm3d):
            for value in (module.weight, module.bias, module.running_mean):
                nn.init.normal_(value, 0, 0.1)  # type: ignore[arg-type]
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    nn.init.normal_(image.classifier.weight)
    return image.eval()




@pytest.mark.slow
@pytest.mark.parametrize("how", ["centre", "mean"])
@pytest.mark.parametrize("name", MATCHING)
def test_a_still_video_gets_the_image_networks_answer(name: str, how: str) -> None:
    module, backbone, *_ = name.split("-")
    image = image_network(backbone)
    video = inflate(create_model(name, 9, frames=6, **POOLED.get(module, {})).eval(), image.state_dict(), how)
    if how == "mean":
        repeat_edges(video)
    picture = torch.randn(2, 3, 1, 48, 48)
    with torch.inference_mode():
        answer, still = image(picture), video(picture.expand(-1, -1, 6, -1, -1))
    if name.startswith("tsm") and how == "centre":  # its shift brings zeros from beyond the edges
        assert not torch.allclose(still, answer, rtol=0, atol=1e-3 * float(answer.std()))
    else:
        torch.testing.assert_close(still, answer, rtol=0, atol=1e-5 * float(answer.std()))


def test_kernels_are_repeated_shared_out_or_put_in_the_middle() -> None:
    image = image_network("resnet_tiny")
    flat = image.state_dict()["backbone.stages.1.0.branch.conv1.weight"]
    for how in WAYS:
        video = inflate(create_model("i3d-resnet_tiny", 9), image.state_dict(), how)
        deep = video.state_dict()["backbone.stages.1.0.branch.conv1.weight"]
        assert deep.shape[2] == 3
        torch.testing.assert_close(deep[:, :, 1:2], flat / (3 if how == "mean" else 1))
        torch.testing.assert_close(deep.sum(2, keepdim=True), flat * (3 if how == "repeat" else 1))


def test_other_networks_refuse_by_name_and_nothing_changes() -> None:
    video = create_model("i3d-resnet18", 9)
    before = {key: value.clone() for key, value in video.state_dict().items()}
    with pytest.raises(ModelError, match=r"i3d-resnet18 cannot be inflated from these weights: \d+ of its \d+ kernels"):
        inflate(video, image_network("resnet_tiny").state_dict())
    assert all(torch.equal(before[key], value) for key, value in video.state_dict().items())
    for name in ("r2plus1d-resnet18", "ircsn-resnet18", "ipcsn-resnet18", "p3d-resnet18"):
        with pytest.raises(ModelError, match=f"{name} cannot be inflated"):
            inflate(create_model(name, 9), image_network("resnet18").state_dict())
    with pytest.raises(ModelError, match=r"how='center' is unknown.*Nearest: centre"):
        inflate(video, {}, "center")
