"""Many videos: what happens in each second of them, written once as Parquet and searched in no time.

An index is a folder, or an address that fsspec knows (s3://bucket/index):
archive.json            what wrote it: the network, its labels and window, what is kept of each window
windows/*.parquet       a row a window: video, start_seconds, end_seconds, labels, scores, embedding, stamp
failures/*.parquet      a row a video that could not be indexed: video, reason, stamp
segments.parquet        the labels of all windows in the order in which they are searched; made from windows/
"""

from typing import TYPE_CHECKING

from kinema.lazy import lazily

if TYPE_CHECKING:
    from kinema.archive.index import index
    from kinema.archive.search import Archive, Moment
    from kinema.archive.videos import videos_of

__all__ = ["Archive", "Moment", "index", "videos_of"]

__getattr__, __dir__ = lazily(__name__, {
    "Archive": "kinema.archive.search", "Moment": "kinema.archive.search", "index": "kinema.archive.index",
    "videos_of": "kinema.archive.videos",
})
