"""How each zoo's networks were shown videos: by what colours are scaled, and at how many frames a second."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kinema.models.clip import ClipSpec
from kinema.models.names import meant

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
FAIR = {"mean": (0.45,) * 3, "std": (0.225,) * 3}
HALF = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
KINETICS = {"mean": (0.43216, 0.394666, 0.37645), "std": (0.22803, 0.22145, 0.216989)}
CAFFE = {"mean": (0.4321, 0.3947, 0.3765), "std": (0.228, 0.2215, 0.217)}  # 110.2, 100.6, 96.0 of 255 and so on
PLAIN = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
BYTES = {"mean": (104 / 255, 117 / 255, 128 / 255), "std": (1 / 255,) * 3}
HARA = {"mean": (0.4345, 0.4051, 0.3775), "std": (0.2768, 0.2713, 0.2737)}  # of Kinetics, in Hara's own code
AT_30 = {"fps": 30.0}
LOOKS: tuple[tuple[str, Mapping[str, Any]], ...] = (  # by zoo and network, the first that fits; else as ClipSpec has it
    (r"^mmaction2 c3d", BYTES),
    (r"^mmaction2 (r2plus1d|i[pr]-csn)|^vmz caffe2", CAFFE),
    (r"^mmaction2 (x3d|mvit|uniformer)|^uniformerv2", FAIR),
    (r"^mmaction2 timesformer|vivit:|(piergiaj|hassony2) i3d|kylemin s3d", HALF),
    (r"^(pytorchvideo|pyslowfast|co3d|timesformer|uniformer)|^torchvision mvit", FAIR | AT_30),
    (r"^transformers timesformer", FAIR),
    (r"^torchvision (r2plus1d|video|s3d)", KINETICS | AT_30),
    (r"^vmz", KINETICS),
    (r"^movinet", PLAIN),
    (r"hara .*: (r3d|r2plus1d)", HARA),
)


def seen_by(zoo: str, clip: ClipSpec, model: str) -> ClipSpec:
    """The clip as a zoo's network of this name is shown it; a clip that is not of colours as it is."""
    look = next((look for pattern, look in LOOKS if re.search(pattern, f"{zoo}: {meant(model)}")), {})
    if clip.input != "rgb":
        return clip
    return replace(clip, **{name: value for name, value in look.items() if name != "fps" or clip.sampling == "dense"})
