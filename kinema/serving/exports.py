"""Corrections as other tools read them: csv, FiftyOne's and Label Studio's JSON."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kinema.serving.corrections import Correction

COLUMNS = ("path", "label", "start", "end", "said", "source")


def as_csv(corrections: Sequence[Correction]) -> str:
    """A list that `kinema train` reads; further columns say what the network said, and keep a video on one side."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((one.path, one.label, f"{one.start_seconds:g}", f"{one.end_seconds:g}", one.said, one.video)
                     for one in corrections)
    return out.getvalue()


def as_fiftyone(corrections: Sequence[Correction]) -> str:
    """The labels of a FiftyOneTemporalDetectionDataset: seconds from the first frame on, by the videos' ids.

    `paths` says where each video lies, as `data_path` wants to know it; FiftyOne skips it among the labels.
    Source: docs.voxel51.com/user_guide/import_datasets.html, "FiftyOneTemporalDetectionDataset", and its importer's and
    sample parser's own docstrings (fiftyone.utils.data): `data_path` may be a dict from names to absolute paths.
    """
    classes = sorted({one.label for one in corrections})
    labels = {group[0].video: [
        {"label": classes.index(one.label), "timestamps": [round(seconds, 3) for seconds in shown(one)]}
        for one in group] for _, group in by_video(corrections)}
    paths = {group[0].video: str(path.resolve()) for path, group in by_video(corrections)}
    return json.dumps({"classes": classes, "labels": labels, "paths": paths}, indent=1, ensure_ascii=False)


def as_label_studio(corrections: Sequence[Correction]) -> str:
    """Tasks with annotations, one a video, for Label Studio's tag TimelineLabels, which counts frames from 1.

    Videos are named as its local storage serves them, since its pages load nothing from other hosts. Source:
    labelstud.io/tags/timelinelabels, /tags/video (frameRate, 24 if it is not told), /guide/tasks ("Basic Label Studio
    JSON format") and /guide/storage ("Local storage"). The page has <Video name="video" value="$video"
    frameRate="$fps"/> and <TimelineLabels name="label" toName="video">.
    """
    tasks = [{"data": {"video": f"/data/local-files/?d={quote(path.resolve().as_posix().lstrip('/'))}",
                       "fps": round(group[0].fps, 4), "name": group[0].name},
              "annotations": [{"result": [region(one) for one in group]}]}
             for path, group in by_video(corrections)]
    return json.dumps(tasks, indent=1, ensure_ascii=False)


def region(one: Correction) -> dict[str, Any]:
    """A correction as a region of Label Studio's."""
    first, last = (round(seconds * one.fps) for seconds in shown(one))
    return {"id": one.id, "from_name": "label", "to_name": "video", "type": "timelinelabels", "origin": "manual",
            "value": {"ranges": [{"start": first + 1, "end": max(last, first + 1)}], "timelinelabels": [one.label]}}


def shown(one: Correction) -> tuple[float, float]:
    """When a correction begins and ends, as players count: from the video's first frame on."""
    return max(one.start_seconds - one.clock_seconds, 0.0), max(one.end_seconds - one.clock_seconds, 0.0)


def by_video(corrections: Sequence[Correction]) -> list[tuple[Path, list[Correction]]]:
    """The corrections of each file."""
    ordered = sorted(corrections, key=lambda one: (str(one.path), one.start_seconds))
    return [(path, [*group]) for path, group in groupby(ordered, key=lambda one: one.path)]


FORMATS: dict[str, tuple[Callable[[Sequence[Correction]], str], str, str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8", "corrections.csv"),
    "fiftyone": (as_fiftyone, "application/json", "corrections-fiftyone.json"),
    "labelstudio": (as_label_studio, "application/json", "corrections-label-studio.json"),
}
