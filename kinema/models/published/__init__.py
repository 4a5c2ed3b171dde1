"""Networks under the names they were published with: one file a branch of the literature, this is their table."""

from kinema.models.published import fair, hierarchical, inception, mobile, modules2d, resnet3d
from kinema.models.table import Published

PUBLISHED: dict[str, Published] = {
    **fair.PUBLISHED, **resnet3d.PUBLISHED, **inception.PUBLISHED, **mobile.PUBLISHED, **hierarchical.PUBLISHED,
    **modules2d.PUBLISHED,
}
