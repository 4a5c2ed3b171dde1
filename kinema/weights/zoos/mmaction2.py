"""open-mmlab/mmaction2: tsn and tsm, with non-local blocks, and tanet, over ResNets."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import NONLOCAL, UNWRAP, shifted
from kinema.weights.zoos.tanet import ADAPT
from kinema.weights.zoos.zoo import Zoo

RULES = (
    (r"^backbone\.", ""),
    (r"^cls_head\.fc_cls\.", "fc."),
    (r"\.conv(\d)\.bn\.", r".bn\1."),
    (r"^conv1\.bn\.", "bn1."),
    (r"conv(\d)\.conv\.", r"conv\1."),
    (r"\.downsample\.conv\.", ".downsample.0."),
    (r"\.downsample\.bn\.", ".downsample.1."),
    (r"\.non_local_block\.conv_out\.conv\.", ".nl.W.0."),
    (r"\.non_local_block\.conv_out\.bn\.", ".nl.W.1."),
    (r"\.non_local_block\.(\w+)\.(0\.)?conv\.", r".nl.\1."),
)

TANET = Zoo("mmaction2 tanet", r"^backbone\.layer1\.0\.tam\.G\.0\.", (*RULES, (r"\.block\.", ".net."), *ADAPT, *RESNET))
ZOO = Zoo("mmaction2 resnet", r"^backbone\.layer1\.0\.conv1\.conv\.", RULES + UNWRAP + RESNET + NONLOCAL,
          zeros=r"\.after\.out\.bias$", refine=shifted)
