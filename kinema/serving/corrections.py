"""What people say that videos show: corrections of labels, and which windows are most worth one."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from kinema.serving.store import DONE, Store

USUAL_FPS = 25.0
LOOKED_AT = 500  # videos, those asked about last, among which parts worth a label are looked for
MOST_OF_A_VIDEO = 100


@dataclass(frozen=True)
class Correction:
    """A part of a video and its label, as a person says; `said` is what the network said.

    Times are of the video's own clock, which shows `clock_seconds` at its first frame.
    """

    id: str
    video: str
    name: str
    path: Path
    start_seconds: float
    end_seconds: float
    label: str
    said: str
    created: float
    fps: float
    clock_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; where the file lies is the server's own business."""
        return {name: value for name, value in asdict(self).items() if name != "path"}


class Corrections:
    """The corrections in a server's database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.doubts: dict[str, list[dict[str, Any]]] = {}  # by job, once they were looked for

    def add(self, video: str, start: float, end: float, label: str, said: str) -> Correction:
        """Write a correction down; a later one of the same part takes the place of the earlier one."""
        self.store.run(
            "INSERT INTO corrections (id, video, start_seconds, end_seconds, label, said, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (video, start_seconds, end_seconds) "
            "DO UPDATE SET label = excluded.label, created = excluded.created",
            (token_hex(8), video, start, end, label, said, time.time()))
        return next(one for one in self.all(video) if (one.start_seconds, one.end_seconds) == (start, end))

    def end_of(self, video: str) -> float | None:
        """When a video ends (seconds), as far as it was looked at."""
        rows = self.store.rows("SELECT json_extract(result, '$.windows[#-1].end_seconds') AS ends FROM jobs "
                               "WHERE video = ? AND state = ? ORDER BY number DESC LIMIT 1", (video, DONE))
        return float(rows[0]["ends"]) if rows else None

    def all(self, video: str | None = None) -> list[Correction]:
        """All corrections, or those of one video, in the order in which they were made."""
        where, values = ("", ()) if video is None else ("WHERE video = ?", (video,))
        told = ("(SELECT json_extract(j.result, '$.{}') FROM jobs j WHERE j.video = c.video AND j.state = 'done' "
                "ORDER BY j.number DESC LIMIT 1)")
        rows = self.store.rows(f"SELECT c.*, v.name, v.path, {told.format('fps')} AS fps, "
                               f"{told.format('windows[0].start_seconds')} AS clock FROM corrections c "
                               f"JOIN videos v ON v.id = c.video {where} ORDER BY c.number", values)
        return [Correction(row["id"], row["video"], row["name"], Path(row["path"]), row["start_seconds"],
                           row["end_seconds"], row["label"], row["said"], row["created"], row["fps"] or USUAL_FPS,
                           row["clock"] or 0.0)
                for row in rows]

    def remove(self, identity: str) -> bool:
        """Take a correction back; return whether there was one."""
        return self.store.run("DELETE FROM corrections WHERE id = ?", (identity,)) == 1

    def worth_a_label(self, most: int, several: bool) -> list[dict[str, Any]]:
        """The parts of videos that nobody has labelled and about which the network hesitates most.

        several: whether labels are scored each by itself.
        """
        labelled: dict[str, list[tuple[float, float]]] = {}
        for one in self.all():
            labelled.setdefault(one.video, []).append((one.start_seconds, one.end_seconds))
        rows = self.store.rows(
            "SELECT j.id, j.video, v.name, v.path FROM jobs j JOIN videos v ON v.id = j.video WHERE j.number IN "
            "(SELECT max(number) FROM jobs WHERE state = ? GROUP BY video) ORDER BY j.number DESC LIMIT ?",
            (DONE, LOOKED_AT))
        found: list[dict[str, Any]] = []
        made, twins = {}, set[tuple[Any, ...]]()
        for row in rows:
            if not Path(row["path"]).is_file():
                continue
            each = self.doubts.get(row["id"])
            if each is None:
                each = doubts(self.store.get(row["id"]).result or {}, several)
            made[row["id"]] = each
            taken = labelled.get(row["video"], ())
            for doubt in each:
                if any(overlap(doubt, *part) for part in taken):
                    twins.add(seen_as(doubt))
                else:
                    found.append({"video": row["video"], "name": row["name"], **doubt})
        self.doubts = made  # and those of earlier jobs go
        chosen: list[dict[str, Any]] = []
        for doubt in sorted(found, key=lambda doubt: doubt["margin"]):
            if seen_as(doubt) not in twins and len(chosen) < most:  # the same video may be here twice
                twins.add(seen_as(doubt))
                chosen.append(doubt)
        return chosen


def doubts(result: dict[str, Any], several: bool) -> list[dict[str, Any]]:
    """Windows that do not overlap, from the one whose two best answers are nearest to each other on.

    Where labels are scored each by itself, "nothing" is an answer too, as sure as the best label is not.
    """
    alone = several or result.get("method") == "head"
    weighed = []
    for window in result["windows"] if len(result["labels"]) > 1 else ():
        best, second, *_ = sorted(zip(window["scores"], result["labels"], strict=True), reverse=True)
        answers = sorted((best[0], second[0], 1 - best[0] if alone else 0.0), reverse=True)
        weighed.append({"start_seconds": window["start_seconds"], "end_seconds": window["end_seconds"],
                        "margin": round(answers[0] - answers[1], 4),
                        "labels": [{"label": label, "score": score} for score, label in (best, second)]})
    chosen: list[dict[str, Any]] = []
    for one in sorted(weighed, key=lambda one: one["margin"]):
        if len(chosen) == MOST_OF_A_VIDEO:
            break
        if not any(overlap(one, other["start_seconds"], other["end_seconds"]) for other in chosen):
            chosen.append(one)
    return chosen


def seen_as(window: dict[str, Any]) -> tuple[Any, ...]:
    """What the same part of the same video has in common with it, whichever file it is from."""
    labels = [(one["label"], round(one["score"], 3)) for one in window["labels"]]
    return window["start_seconds"], window["end_seconds"], *labels


def overlap(window: dict[str, Any], start: float, end: float) -> bool:
    """Whether a window lies in part between two times."""
    return bool(start < window["end_seconds"] and window["start_seconds"] < end)
