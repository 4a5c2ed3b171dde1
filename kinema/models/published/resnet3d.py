"""3-D residual networks, their factorisations and C3D."""

from collections.abc import Mapping
from typing import Any

from kinema.models.table import Published

TRAN = "Tran et al., arXiv:1711.11248"
CSN = "Tran et al., arXiv:1904.02811"
HARA = "Hara et al., arXiv:1711.09577"
QIU = "Qiu et al., arXiv:1711.10305"

VMZ: Mapping[str, Any] = {"norm_eps": 1e-3}
SPLIT: Mapping[str, Any] = {**VMZ, "middle": "conv"}
SEVEN: Mapping[str, Any] = {"stem_frames": 7, "stem_pool": "frames"}
FACEBOOK: Mapping[str, Any] = {  # R(2+1)D as PyTorchVideo has it
    "stages": (1, 2, 3, 4), "steps": (1, 1, 2, 2), "first": "frames", "middle": "outputs", "first_stride": 2,
}
STAGES = (0, 1, 2, 3, 4)


def small(model: str, options: Mapping[str, Any], paper: str = TRAN, frames: int = 16, size: int = 112) -> Published:
    """A network that was published for small clips."""
    return Published(model, paper, frames, 2, size, options=options)


def mixed(stages: tuple[int, ...]) -> Published:
    """The network of Tran et al. in which these stages see time, and take two frames to one."""
    steps = tuple(2 if stage > 1 and stage in stages else 1 for stage in STAGES[1:])
    return small(f"r3d-resnet18{'-tp' * (max(steps) > 1)}", {"stages": stages, "steps": steps})


PUBLISHED = {
    **{f"r3d_{depth}": small(f"r3d-resnet{depth}-tp", {}) for depth in (18, 34, 50, 101, 152, 200)},
    "mc3_18": small("mc3-resnet18", {}),
    **{f"mc{group}_18": mixed(STAGES[:group - 1]) for group in (2, 4, 5)},
    **{f"rmc{group}_18": mixed(STAGES[group - 1:]) for group in (2, 3, 4, 5)},
    "f_r2d_18": Published("r3d-resnet18", TRAN, 16, 2, 112, options={"stages": ()}, order_aware=False),
    **{f"r2plus1d_{depth}": small(f"r2plus1d-resnet{depth}-tp", {}) for depth in (18, 50, 101)},
    **{f"r2plus1d_{depth}": small(f"r2plus1d-resnet{depth}-tp", SPLIT, frames=32) for depth in (34, 152)},
    "r2plus1d_r50": Published("r2plus1d-resnet50-tp", TRAN, 16, 4, 256, options=FACEBOOK),
    **{f"{kind}_csn_{depth}": Published(f"{kind}csn-resnet{depth}-tp", CSN, 32, 2, 224, options=VMZ)
       for kind in ("ir", "ip") for depth in (50, 101, 152)},
    "csn_r101": Published("ircsn-resnet101-tp", CSN, 32, 2, 256),
    **{f"p3d_{layers}": small(f"p3d-resnet{depth}-tp", {"stem_step": 2, "stride_first": True}, QIU, size=160)
       for layers, depth in ((63, 50), (131, 101), (199, 152))},
    **{f"resnet3d_{depth}": small(f"r3d-resnet{depth}-tp", SEVEN, HARA) for depth in (10, 18, 34, 50, 101, 152, 200)},
    "wide_resnet3d_50": small("r3d-wide_resnet50-tp", SEVEN, HARA),
    **{f"resnext3d_{depth}": small(f"r3d-resnext{depth}-tp", SEVEN, HARA) for depth in (50, 101, 152)},
    **{f"preact_resnet3d_{depth}": small(f"r3d-preact_resnet{depth}-tp", SEVEN, HARA)
       for depth in (18, 34, 50, 101, 152, 200)},
    **{f"densenet3d_{depth}": small(f"r3d-densenet{depth}-tp", SEVEN, HARA) for depth in (121, 169, 201, 264)},
    **{f"resnet2p1d_{depth}": small(f"r2plus1d-resnet{depth}-tp", {**SEVEN, "middle": "conv", "stem_middle": 0}, HARA)
       for depth in (18, 34, 50)},
    "c3d_bn": Published("c3d", "Tran et al., arXiv:1412.0767", 16, 2, 112,
                        options={**VMZ, "norm": True, "last_pad": False}),
}
