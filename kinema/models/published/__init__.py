"""Networks under the names they were published with: one file a branch of the literature, this is their table."""

from kinema.models.published import transformers
from kinema.models.table import Published

PUBLISHED: dict[str, Published] = {**transformers.PUBLISHED}
