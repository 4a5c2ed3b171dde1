"""Networks under the names they were published with: one file a branch of the literature, this is their table."""

from kinema.models.published.early_networks import PUBLISHED as EARLY_NETWORKS
from kinema.models.table import Published

PUBLISHED: dict[str, Published] = {
    **EARLY_NETWORKS,
}
