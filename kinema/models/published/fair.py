"""The 3-D ResNets of FAIR (C2D, I3D, Slow), SlowFast and TPN, as PySlowFast, PyTorchVideo and MMAction2 name them.

In `8x8` the first number counts the frames of a clip (of SlowFast: those of the slow pathway), the second the frames
of the video from one to the next; `nln` and `nl` are non-local blocks, as PySlowFast and as MMAction2 have them.
"""

from collections.abc import Mapping
from typing import Any

from kinema.models.table import Published

WANG = "Wang et al., arXiv:1711.07971"
FEICHTENHOFER = "Feichtenhofer et al., arXiv:1812.03982"
CORRELATION = "Wang et al., arXiv:1906.03349"
YANG = "Yang et al., arXiv:2004.03548"
NLN = {"places": ("0", "01", "01", "0"), "scale": True, "pool_first": True}
NLN101 = {**NLN, "places": ("0", "01", "0101010" + "0" * 16, "0")}
DOT = {"attention": "dot_product"}
NL = {"places": ("0", "01", "01", "0")}
STEPS = {"conv_step": 2, "pool_step": 2}  # MMAction2 strides the stem over frames
FEW = {  # of the 23 blocks of the third stage only the first six cover frames
    "slow_inflate": ("0", "0", "1" * 6 + "0" * 17, "1"), "fast_inflate": ("1", "1", "1" * 6 + "0" * 17, "1")}
EIGHTH = {"alpha": 8, "taps": 5}
MIXED = {**EIGHTH, "fast_depth": 50, "pick": "strided", "lateral_norm": False}  # as MMAction2 has them


def wang(model: str, frames: int, stride: int, options: Mapping[str, Any] | None = None, size: int = 256) -> Published:
    return Published(model, WANG, frames, stride, size, options=options or {})


def slow(model: str, frames: int, stride: int, options: Mapping[str, Any] | None = None) -> Published:
    return Published(model, FEICHTENHOFER, frames, stride, 256, options=options or {})


def tpn(layers: int, frames: int) -> Published:
    rates = {"rates": (2, 1)} if layers == 101 else {}
    return Published(f"slow-tpn_resnet{layers}", YANG, frames, 64 // frames, 256, options=rates)


PUBLISHED: dict[str, Published] = {
    "c2d_r50_8x8": wang("c2d-resnet50", 8, 8),
    "c2d_r50_16x4": wang("c2d-resnet50", 16, 4),
    "c2d_nln_r50_8x8": wang("c2d+nonlocal-resnet50", 8, 8, NLN),
    "i3d_r50_8x8": wang("i3d_fair-resnet50", 8, 8),
    "i3d_r101_8x8": wang("i3d_fair-resnet101", 8, 8),
    "i3d_nln_r50_8x8": wang("i3d_fair+nonlocal-resnet50", 8, 8, NLN),
    "i3d_nln_r101_8x8": wang("i3d_fair+nonlocal-resnet101", 8, 8, NLN101),
    "i3d_r50_32x2": wang("i3d_fair-resnet50", 32, 2, STEPS),
    "i3d_r101_32x2": wang("i3d_fair-resnet101", 32, 2, STEPS),
    "i3d_r50_32x2_heavy": wang("i3d_fair-resnet50", 32, 2, {"inflate": ("1", "1", "1", "1")}),
    "i3d_nl_r50_32x2_gaussian": wang("i3d_fair+nonlocal-resnet50", 32, 2, {**STEPS, **NL, "attention": "gaussian"}),
    "i3d_nl_r50_32x2_embedded": wang("i3d_fair+nonlocal-resnet50", 32, 2, {**STEPS, **NL}),
    "i3d_nl_r50_32x2_dot": wang("i3d_fair+nonlocal-resnet50", 32, 2, {**STEPS, **NL, **DOT}),
    "slow_r50_4x16": slow("slow-resnet50", 4, 16),
    "slow_r50_8x8": slow("slow-resnet50", 8, 8),
    "slow_r50_16x4": slow("slow-resnet50", 16, 4),
    "slow_r50_32x2": slow("slow-resnet50", 32, 2),
    "slow_r50_8x8_omni": slow("slow-resnet50", 8, 8, {"hidden": 800}),
    "slow_r101_8x8": slow("slow-resnet101", 8, 8),
    "slow_r101_16x4": slow("slow-resnet101", 16, 4),
    "slow_r101_32x2": slow("slow-resnet101", 32, 2),
    "slow_nln_r50_4x16": slow("slow+nonlocal-resnet50", 4, 16, {**NLN, **DOT}),
    "slow_nln_r50_8x8": slow("slow+nonlocal-resnet50", 8, 8, {**NLN, **DOT}),
    "slow_nl_r50_4x16": slow("slow+nonlocal-resnet50", 4, 16, {"scale": True}),
    "slow_nl_r50_8x8": slow("slow+nonlocal-resnet50", 8, 8, {"scale": True}),
    "slowfast_r50_4x16": slow("slowfast-resnet50", 32, 2, EIGHTH),
    "slowfast_r50_8x8": slow("slowfast-resnet50", 32, 2),
    "slowfast_r50_16x8": slow("slowfast-resnet50", 64, 2),
    "slowfast_r101_8x8": slow("slowfast-resnet101", 32, 2, {"taps": 5}),
    "slowfast_r101_16x8": slow("slowfast-resnet101", 64, 2, {"taps": 5, **FEW}),
    "slowfast_r101_r50_4x16": slow("slowfast-resnet101", 32, 2, MIXED),
    "slowfast_r152_r50_4x16": slow("slowfast-resnet152", 32, 2, MIXED),
    "slowfast_nln_r50_4x16": slow("slowfast-resnet50", 32, 2, {**EIGHTH, "places": NLN["places"]}),
    "slowfast_nln_r50_8x8": slow("slowfast-resnet50", 32, 2, {"taps": 5, "places": NLN["places"]}),
    "slowfast_nln_r101_16x8": slow("slowfast-resnet101", 64, 2, {
        "taps": 5, **FEW, "places": ("0", "0", "0000001" * 3 + "00", "0")}),
    "corrnet_r50": Published("corrnet-resnet50", CORRELATION, 32, 2),
    "corrnet_r101": Published("corrnet-resnet101", CORRELATION, 32, 2),
    "tpn_r50": tpn(50, 8),
    "tpn_r50_16x4": tpn(50, 16),
    "tpn_r50_32x2": tpn(50, 32),
    "tpn_r101": tpn(101, 8),
    "tpn_r101_16x4": tpn(101, 16),
    "tpn_r101_32x2": tpn(101, 32),
    "tpn_tsm_r50": Published("tsm-tpn_resnet50", YANG, 8, sampling="uniform"),
}
