"""3-D ResNets of every zoo are told by the names and shapes of their weights alone, whatever their depth and form."""

import pytest
import torch

from kinema.models import ClipSpec
from kinema.weights import identify
from tests.weights.resnet3d_shapes import (
    BASIC,
    DEEP,
    FACEBOOK,
    GLUON_1,
    GLUON_2,
    GLUON_CSN,
    MMACTION2,
    MMACTION2_IR,
    c3d_caffe2,
    caffe2,
    dense,
    hara,
    hara_split,
    p3d,
    renamed,
    torchvision,
)

HARA = {"stem_frames": 7, "stem_pool": "frames"}
VMZ = {"norm_eps": 1e-3}
TRAINED_ON = {"head_size": 224}
CASES = {
    **{f"hara {depth}": (hara(depth), f"r3d-resnet{depth}-tp", HARA) for depth in BASIC | DEEP},
    **{f"hara {depth} padded": (hara(depth, projected=False), f"r3d-resnet{depth}-tp", {**HARA, "shortcut": "cut"})
       for depth in BASIC | DEEP},
    **{f"hara {depth} early": (hara(depth, early=True), f"r3d-preact_resnet{depth}-tp", HARA)
       for depth in (18, 34, *DEEP)},
    "hara early padded": (hara(34, early=True, projected=False), "r3d-preact_resnet34-tp", {**HARA, "shortcut": "cut"}),
    "hara wide": (hara(50, fat=(2, 128, 1)), "r3d-wide_resnet50-tp", HARA),
    "hara wider": (hara(50, fat=(2, 256, 1)), "r3d-wide_resnet50-tp", {**HARA, "width_factor": 2.0}),
    "hara wide, of 2017": (hara(50, fat=(2, 128, 1), stem=64), "r3d-wide_resnet50-tp", {**HARA, "stem_width": 64}),
    "hara next, wide stem": (hara(101, fat=(2, 128, 32), stem=128), "r3d-resnext101-tp", {**HARA, "stem_width": 128}),
    "hara narrow": (hara(50, fat=(4, 32, 1)), "r3d-resnet50-tp", {**HARA, "width_factor": 0.5}),
    "hara quarter": (hara(50, fat=(4, 16, 1)), "r3d-resnet50-tp", {**HARA, "width_factor": 0.25}),
    "hara 5 frames": (hara(18, frames=5), "r3d-resnet18-tp", {**HARA, "stem_frames": 5}),
    "hara 1 frame": (hara(50, frames=1), "r3d-resnet50-tp", {"stem_pool": "frames", "stages": (1, 2, 3, 4)}),
    **{f"hara split {depth}": (hara_split(depth), f"r2plus1d-resnet{depth}-tp", {
        **HARA, "stem_middle": 0, "middle": "conv"}) for depth in (18, 50)},
    "p3d": (p3d(50), "p3d-resnet50-tp", {"stem_step": 2, "stride_first": True}),
    "p3d of flow": (p3d(152, channels=2), "p3d-resnet152-tp", {
        "stem_step": 2, "stride_first": True, "clip": ClipSpec(input="flow")}),
    **{f"hara next {depth}": (hara(depth, fat=(2, 128, 32)), f"r3d-resnext{depth}-tp", HARA)
       for depth in (50, 101, 152)},
    "hara flow": (hara(18, channels=2), "r3d-resnet18-tp", {**HARA, "clip": ClipSpec(input="flow")}),
    "hara difference": (hara(50, channels=1), "r3d-resnet50-tp", {**HARA, "clip": ClipSpec(input="difference")}),
    **{f"hara dense {counts[2]} {dot}": (dense(counts, dot), f"r3d-densenet{depth}-tp", HARA)
       for depth, counts in ((121, (6, 12, 24, 16)), (169, (6, 12, 32, 32)), (201, (6, 12, 48, 32)),
                             (264, (6, 12, 64, 48))) for dot in ("", ".")},
    "torchvision mc3": (torchvision(18, stages=(1,)), "mc3-resnet18", {}),
    "torchvision r3d": (torchvision(18), "r3d-resnet18-tp", {}),
    "vmz r2plus1d 34": (torchvision(34, "split", each=True), "r2plus1d-resnet34-tp",
                        {**VMZ, "stem_middle": 45, "middle": "conv", "stem_pool": "none"}),
    "vmz r2plus1d 152": (torchvision(152, "split", each=True), "r2plus1d-resnet152-tp",
                         {**VMZ, "stem_middle": 45, "middle": "conv", "stem_pool": "pixels"}),
    **{f"vmz ir-csn {depth}": (torchvision(depth, "ir"), f"ircsn-resnet{depth}-tp", VMZ) for depth in (50, 101, 152)},
    **{f"vmz ip-csn {depth}": (torchvision(depth, "ip"), f"ipcsn-resnet{depth}-tp", VMZ) for depth in (50, 101, 152)},
    "caffe2 ip-csn": (caffe2(torchvision(152, "ip"), 152), "ipcsn-resnet152-tp", VMZ),
    "caffe2 ir-csn": (caffe2(torchvision(50, "ir"), 50, "ir"), "ircsn-resnet50-tp", VMZ),
    "caffe2 r3d": (caffe2(torchvision(18), 18), "r3d-resnet18-tp", VMZ),
    "caffe2 mc2": (caffe2(torchvision(18, stages=()), 18), "r3d-resnet18", {
        **VMZ, "stages": (0,), "steps": (1, 1, 1, 1)}),
    "caffe2 c3d": (c3d_caffe2(), "c3d", {**VMZ, "norm": True, "last_pad": False, "hidden": 4096}),
    "caffe2 f-r2d": (
        {key: (*shape[:2], 1, 7, 7) if shape[3:] == (7, 7) else shape
         for key, shape in caffe2(torchvision(18, stages=()), 18).items()}, "r3d-resnet18", {**VMZ, "stages": ()}),
    "caffe2 mc3": (caffe2(torchvision(18, stages=(1,)), 18), "mc3-resnet18", VMZ),
    "caffe2 mc5": (caffe2(torchvision(18, stages=(1, 2, 3)), 18), "r3d-resnet18-tp", {
        **VMZ, "stages": (0, 1, 2, 3), "steps": (1, 2, 2, 1)}),
    "caffe2 r2plus1d": (caffe2(torchvision(34, "split", each=True), 34, "split"), "r2plus1d-resnet34-tp", {
        **VMZ, "stem_middle": 45, "middle": "conv"}),
    "caffe2 r2plus1d 152": (caffe2(torchvision(152, "split", each=True), 152, "split"), "r2plus1d-resnet152-tp", {
        **VMZ, "stem_middle": 45, "middle": "conv"}),
    **{f"gluoncv r2plus1d {depth}": (renamed(torchvision(depth, "split"), *GLUON_1), f"r2plus1d-resnet{depth}-tp", {
        "stem_middle": 45, "middle": "block"}) for depth in (18, 34, 50)},
    "gluoncv r2plus1d v2": (renamed(torchvision(152, "split", each=True), *GLUON_2), "r2plus1d-resnet152-tp", {
        **VMZ, "stem_middle": 45, "middle": "conv"}),
    "gluoncv ir-csn v2": (renamed(torchvision(152, "ir"), *GLUON_CSN), "ircsn-resnet152-tp", VMZ),
    "gluoncv affine": (
        {key: (*shape, 1, 1, 1) if len(shape) == 1 and "fc" not in key else shape for key, shape in renamed(
            torchvision(152, "ir"), *GLUON_CSN).items() if "running" not in key}, "ircsn-resnet152-tp", VMZ),
    "mmaction2 ip-csn": (renamed(torchvision(152, "ip"), *MMACTION2), "ipcsn-resnet152-tp", VMZ),
    "mmaction2 ir-csn": (renamed(torchvision(152, "ir"), *MMACTION2_IR), "ircsn-resnet152-tp", VMZ),
    "pytorchvideo csn": (renamed(torchvision(101, "ir"), *FACEBOOK), "ircsn-resnet101-tp", TRAINED_ON),
    "pyslowfast csn": (renamed(torchvision(101, "ir"), *FACEBOOK, ("^", "model.")), "ircsn-resnet101-tp", TRAINED_ON),
}


@pytest.mark.parametrize("case", CASES)
def test_the_network_is_told_by_names_and_shapes(case: str) -> None:
    shapes, model, options = CASES[case]
    found = identify({key: torch.empty(shape, device="meta") for key, shape in shapes.items()})
    assert [(one.model, dict(one.options), one.open) for one in found] == [(model, options, ())]


def test_a_stem_over_the_whole_clip_is_none_of_ours() -> None:
    shapes = {key: (*shape[:2], 8, 7, 7) if shape[3:] == (7, 7) else shape
              for key, shape in caffe2(torchvision(18, stages=()), 18).items()}
    assert identify({key: torch.empty(shape, device="meta") for key, shape in shapes.items()}) == []
