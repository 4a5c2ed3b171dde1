"""The Inception family and what was built on it."""

from kinema.models.table import Published

I3D = "Carreira and Zisserman, arXiv:1705.07750"
S3D = "Xie et al., arXiv:1712.04851"

PUBLISHED = {
    "i3d": Published("i3d-inception_3d", I3D, frames=64, options={"same": True}),
    "i3d_flow": Published("i3d-inception_3d", I3D, frames=64, options={"same": True}, input="flow"),
    "s3d": Published("s3d-inception_3d", S3D, frames=64),
    "s3d_g": Published("s3d+gate-inception_3d", S3D, frames=64),
}
