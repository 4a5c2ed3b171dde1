"""Efficient and streaming networks."""

from kinema.models.backbones.movinet_sizes import SIZES as MOVINETS
from kinema.models.backbones.x3d import SIZES
from kinema.models.table import Published

X3D, COX3D = "Feichtenhofer, arXiv:2004.04730", "Hedegaard and Iosifidis, arXiv:2106.00050"
TSM, MOVINET = "Lin et al., arXiv:1811.08383", "Kondratyuk et al., arXiv:2103.11511"
WINDOW, STEM_AHEAD = 64, 2  # frames that CoX3D averages, and those its stem looks ahead to; each block looks one ahead
STREAMS = ("movinet_a0", "movinet_a1", "movinet_a2")  # larger ones also tell blocks where in time they are

PUBLISHED = {
    **{name: Published(f"i3d+se-{name}", X3D, size.frames, size.stride, size.pixels) for name, size in SIZES.items()},
    **{f"co{name}": Published(
        f"i3d+se-{name}", COX3D, STEM_AHEAD + sum(SIZES[name].counts) + WINDOW, SIZES[name].stride, SIZES[name].pixels,
        options={"per_frame": True, "live": True, "head_frames": WINDOW}) for name in ("x3d_s", "x3d_m", "x3d_l")},
    **{f"{name}_base": Published(name, MOVINET, size.frames, size.stride, size.pixels)
       for name, size in MOVINETS.items()},
    **{f"{name}_stream": Published(name, MOVINET, size.frames, size.stride, size.pixels, options={"stream": True})
       for name, size in MOVINETS.items() if name in STREAMS},
    "tsm_mobilenet_v2": Published("tsm-mobilenet_v2", TSM, 8, 8),
    "tsm_mobilenet_v2_online": Published("online_tsm-mobilenet_v2", TSM, 8, 2),
}
