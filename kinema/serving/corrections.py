"""What people say that videos show: corrections of labels, and which windows are most worth one."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from kinema.serving.store import DONE, Store

USUAL_FPS = 25.0
LOOKED_AT = 500  # jobs, the newest, among which clips worth a label are looked for


@dataclass(frozen=True)
class Correction:
    """A part of a video and its label, as a person says; `said` is what the network said."""

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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; where the file lies is the server's own business."""
        return {name: value for name, value in asdict(self).items() if name != "path"}


class Corrections:
    """The corrections in a server's database."""

    def __init__(self, store: Store) -> None:
        self.store = store

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
        fps = ("(SELECT json_extract(j.result, '$.fps') FROM jobs j WHERE j.video = c.video AND j.state = 'done' "
               "ORDER BY j.number DESC LIMIT 1)")
        rows = self.store.rows(f"SELECT c.*, v.name, v.path, {fps} AS fps FROM corrections c "
                               f"JOIN videos v ON v.id = c.video {where} ORDER BY c.number", values)
        return [Correction(row["id"], row["video"], row["name"], Path(row["path"]), row["start_seconds"],
                           row["end_seconds"], row["label"], row["said"], row["created"], row["fps"] or USUAL_FPS)
                for row in rows]

    def remove(self, identity: str) -> bool:
        """Take a correction back; return whether there was one."""
        return self.store.run("DELETE FROM corrections WHERE id = ?", (identity,)) == 1

    def worth_a_label(self, most: int) -> list[dict[str, Any]]:
        """The windows that nobody has labelled and between whose two best labels the network hesitates most."""
        labelled: dict[str, list[tuple[float, float]]] = {}
        for one in self.all():
            labelled.setdefault(one.video, []).append((one.start_seconds, one.end_seconds))
        found: dict[tuple[str, float], dict[str, Any]] = {}
        rows = self.store.rows("SELECT j.video, j.result, v.name FROM jobs j JOIN videos v ON v.id = j.video "
                               "WHERE j.state = ? ORDER BY j.number DESC LIMIT ?", (DONE, LOOKED_AT))
        for row in rows:
            result = json.loads(row["result"])
            for window in result["windows"] if len(result["labels"]) > 1 else ():
                start, end = window["start_seconds"], window["end_seconds"]
                if any(begin < end and start < stop for begin, stop in labelled.get(row["video"], ())):
                    continue
                best, second, *_ = sorted(zip(window["scores"], result["labels"], strict=True), reverse=True)
                found.setdefault((row["video"], start), {
                    "video": row["video"], "name": row["name"], "start_seconds": start, "end_seconds": end,
                    "margin": round(best[0] - second[0], 4),
                    "labels": [{"label": label, "score": score} for score, label in (best, second)]})
        return sorted(found.values(), key=lambda one: one["margin"])[:most]
