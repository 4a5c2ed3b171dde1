"""facebookresearch/pytorchvideo: r2plus1d over ResNets; PySlowFast keeps the same under `model.`."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.pytorchvideo import TRAINED_ON
from kinema.weights.zoos.resnet3d import meaning
from kinema.weights.zoos.zoo import Zoo

RULES = (
    (r"^model\.", ""),
    (r"^blocks\.0\.conv\.", "conv1."),
    (r"^blocks\.0\.norm\.", "bn1."),
    (r"^blocks\.([1-4])\.res_blocks\.(\d+)\.", r"layer\1.\2."),
    (r"\.branch1_conv\.", ".downsample.0."),
    (r"\.branch1_norm\.", ".downsample.1."),
    (r"\.branch2\.conv_b\.conv_xy\.", ".conv2.space."),
    (r"\.branch2\.conv_b\.conv_t\.", ".conv2.time."),
    (r"\.branch2\.conv_b\.norm\.", ".conv2.norm."),
    (r"\.branch2\.conv_a\.", ".conv1."), (r"\.branch2\.norm_a\.", ".bn1."),
    (r"\.branch2\.conv_b\.", ".conv2."), (r"\.branch2\.norm_b\.", ".bn2."),
    (r"\.branch2\.conv_c\.", ".conv3."), (r"\.branch2\.norm_c\.", ".bn3."),
    (r"^blocks\.5\.proj\.", "fc."),
)

ZOOS = (
    Zoo("pytorchvideo r2plus1d", r"branch2\.conv_b\.conv_xy\.weight$", RULES + RESNET,
        refine=meaning(first="frames", first_stride=2, steps=(1, 1, 2, 2)), options=TRAINED_ON),
)
