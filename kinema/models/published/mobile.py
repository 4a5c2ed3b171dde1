"""Efficient and streaming networks."""

from kinema.models.table import Published
from kinema.models.x3d import SIZES

X3D, COX3D = "Feichtenhofer, arXiv:2004.04730", "Hedegaard and Iosifidis, arXiv:2106.00050"
WINDOW = 64  # frames that CoX3D averages
AHEAD = {"x3d_s": 28, "x3d_m": 28, "x3d_l": 57}  # frames that an answer waits for

PUBLISHED = {
    **{name: Published(f"i3d+se-{name}", X3D, size.frames, size.stride, size.pixels) for name, size in SIZES.items()},
    **{f"co{name}": Published(
        f"i3d+se-{name}", COX3D, ahead + WINDOW, SIZES[name].stride, SIZES[name].pixels,
        options={"per_frame": True, "live": True, "head_frames": WINDOW}) for name, ahead in AHEAD.items()},
}
