"""Networks under the names they were published with: one file a branch of the literature, this is their table."""

from kinema.models.published import (
    early_networks,
    fair,
    hierarchical,
    inception,
    mobile,
    modules2d,
    resnet3d,
    transformers,
)
from kinema.models.table import Published

PUBLISHED: dict[str, Published] = {
    **early_networks.PUBLISHED, **fair.PUBLISHED, **resnet3d.PUBLISHED, **inception.PUBLISHED, **modules2d.PUBLISHED,
    **mobile.PUBLISHED, **hierarchical.PUBLISHED, **transformers.PUBLISHED,
}
