"""Corrections as other tools read them: csv, FiftyOne's and Label Studio's JSON."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

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
    """The labels.json of a FiftyOneTemporalDetectionDataset, in seconds; a video is known by its file's bare name.

    Source: docs.voxel51.com, "Importing data". Its `data_path` is the folder in which the server keeps uploads.
    """
    classes = sorted({one.label for one in corrections})
    labels = {path.stem: [{"label": classes.index(one.label), "timestamps": [one.start_seconds, one.end_seconds]}
                          for one in group] for path, group in by_video(corrections)}
    return json.dumps({"classes": classes, "labels": labels}, indent=1, ensure_ascii=False)


def as_label_studio(corrections: Sequence[Correction]) -> str:
    """Tasks with annotations, one a video, for Label Studio's tag TimelineLabels, which counts frames from 1.

    Source: labelstud.io/tags/timelinelabels. The page has <Video name="video" value="$video"/> and
    <TimelineLabels name="label" toName="video">.
    """
    tasks = [{"data": {"video": str(path)}, "annotations": [{"result": [region(one) for one in group]}]}
             for path, group in by_video(corrections)]
    return json.dumps(tasks, indent=1, ensure_ascii=False)


def region(one: Correction) -> dict[str, Any]:
    """A correction as a region of Label Studio's."""
    first, last = (round(seconds * one.fps) for seconds in (one.start_seconds, one.end_seconds))
    return {"id": one.id, "from_name": "label", "to_name": "video", "type": "timelinelabels", "origin": "manual",
            "value": {"ranges": [{"start": first + 1, "end": max(last, first + 1)}], "timelinelabels": [one.label]}}


def by_video(corrections: Sequence[Correction]) -> list[tuple[Path, list[Correction]]]:
    """The corrections of each file."""
    ordered = sorted(corrections, key=lambda one: (str(one.path), one.start_seconds))
    return [(path, [*group]) for path, group in groupby(ordered, key=lambda one: one.path)]


FORMATS: dict[str, tuple[Callable[[Sequence[Correction]], str], str, str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8", "corrections.csv"),
    "fiftyone": (as_fiftyone, "application/json", "corrections-fiftyone.json"),
    "labelstudio": (as_label_studio, "application/json", "corrections-label-studio.json"),
}
