"""Networks under the names they were published with: one file a branch of the literature, this is their table."""

from kinema.models.published import hierarchical, inception, mobile
from kinema.models.table import Published

PUBLISHED: dict[str, Published] = {**inception.PUBLISHED, **mobile.PUBLISHED, **hierarchical.PUBLISHED}
