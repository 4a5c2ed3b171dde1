"""What happens when in a long video: scores, segments, thresholds, a temporal head, a page to look at."""

from typing import TYPE_CHECKING

from kinema.lazy import lazily

if TYPE_CHECKING:
    from kinema.timeline.cutting import cut
    from kinema.timeline.detection_map import TemporalMAP, temporal_map
    from kinema.timeline.localizer import Localizer
    from kinema.timeline.segments import Segment, Timeline
    from kinema.timeline.train import train_timeline
    from kinema.timeline.truth import read_truth
    from kinema.timeline.written import write

_HOMES = {
    "Localizer": "kinema.timeline.localizer",
    "Segment": "kinema.timeline.segments",
    "TemporalMAP": "kinema.timeline.detection_map",
    "Timeline": "kinema.timeline.segments",
    "cut": "kinema.timeline.cutting",
    "read_truth": "kinema.timeline.truth",
    "temporal_map": "kinema.timeline.detection_map",
    "train_timeline": "kinema.timeline.train",
    "write": "kinema.timeline.written",
}

__all__ = [
    "Localizer", "Segment", "TemporalMAP", "Timeline", "cut", "read_truth", "temporal_map", "train_timeline", "write",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
