"""Cameras watched: from their frames to alerts, until they end or somebody stops it."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from kinema.live.alarms import Alarms, Told
from kinema.live.alerts import Alert
from kinema.live.camera import Camera
from kinema.live.inbox import Frame, Inbox, room_for
from kinema.live.judge import Answer, Judge, Problem
from kinema.live.latency import Latency
from kinema.live.lines import event
from kinema.live.reader import Reader, Reading, Tell
from kinema.live.recorder import Clips, Recorder

LOOK_SECONDS = 0.5  # at most, from one look at what became of the cameras to the next
TOGETHER_SECONDS = 0.25  # at most, and half the time between frames, that a frame waits for those of other cameras
PROBLEM_SECONDS = 10.0  # from one telling that a camera's frames cannot be judged to the next
LEAVE_SECONDS = 2.0  # that a camera which does not answer is waited for at the end
TOP = 3  # labels that an answer tells


class Watcher:
    """Watches cameras; `told` is called with every event, in one thread but for those of finished clips.

    clips: where the seconds around alerts are kept; None: nowhere. Events: "camera" (with its `state`), "answer",
    "alert", "alert_end", "clip", "problem", "summary": docs/live.md.
    """

    def __init__(
        self, judge: Judge, cameras: Sequence[Camera], alerts: Sequence[Alert], reading: Reading, clips: Clips | None,
        told: Told,
    ) -> None:
        self.judge, self.cameras, self.told = judge, cameras, told
        self.together_seconds = min(reading.every_seconds / 2, TOGETHER_SECONDS)
        self.inbox, self.latency = Inbox(len(cameras), room_for(reading.every_seconds), reading.fast), Latency()
        self.writer = ThreadPoolExecutor(1, "clips")
        self.problem_told: dict[int, float] = {}  # when, by the camera's number
        self.changes: SimpleQueue[tuple[int, str, dict[str, Any]]] = SimpleQueue()
        recorders = [self.recorder(number, clips) for number in range(len(cameras))]
        self.alarms = Alarms(alerts, judge.labels, cameras, recorders, told, reading.every_seconds)
        self.readers = [Reader(number, camera, reading, self.inbox, recorders[number], self.change(number))
                        for number, camera in enumerate(cameras)]

    def recorder(self, number: int, clips: Clips | None) -> Recorder | None:
        """What keeps a camera's last seconds, if clips are wanted."""
        def finished(path: Path, problem: str | None) -> None:
            self.told(event("clip", self.cameras[number].name, file=str(path), problem=problem))

        return Recorder(clips, self.writer, finished) if clips else None

    def change(self, number: int) -> Tell:
        """What a camera's reader calls: it is told by the thread that watches."""
        def changed(state: str, **facts: Any) -> None:
            self.changes.put((number, state, facts))
            self.inbox.wake()

        return changed

    def run(self) -> dict[str, Any]:
        """Watch until all cameras have ended, or until Ctrl-C; the summary, which is the last event."""
        for reader in self.readers:
            reader.start()
        try:
            while True:
                ended = not any(reader.is_alive() for reader in self.readers)
                frames = self.inbox.take(0 if ended else LOOK_SECONDS, self.together_seconds)
                self.tell_changes()
                if frames:
                    self.look(frames)
                elif ended:
                    break
                self.look_for_the_lost()
        except KeyboardInterrupt:
            pass
        finally:
            self.close()
        summary = self.summary()
        self.told(summary)
        return summary

    def look(self, frames: Mapping[int, Frame]) -> None:
        """Ask about a frame of each of some cameras, and tell what follows."""
        found = self.judge(frames)
        answers = [each for each in found if isinstance(each, Answer)]
        for each in found:
            if isinstance(each, Problem):
                self.tell_problem(each)
        for camera, frame in frames.items():
            own = [answer for answer in answers if answer.camera == camera]
            self.alarms.picture(camera, frame)
            self.alarms.answers(frame, own)
            if own:
                took = time.monotonic() - frame.arrived
                self.latency.add(took)
                for answer in own:
                    self.told(self.answered(frame, answer, took))

    def tell_problem(self, problem: Problem) -> None:
        """Tell why a camera's frame was not judged, now and then: the next ones may fare alike."""
        now, camera = time.monotonic(), problem.camera
        if now - self.problem_told.get(camera, -PROBLEM_SECONDS) >= PROBLEM_SECONDS:
            self.problem_told[camera] = now
            self.told(event("problem", self.cameras[camera].name, reason=problem.reason))

    def answered(self, frame: Frame, answer: Answer, took: float) -> dict[str, Any]:
        """An answer as an event."""
        best = np.argsort(-answer.scores_K, kind="stable")[:TOP].tolist()
        top = {self.judge.labels[k]: round(float(answer.scores_K[k]), 4) for k in best}
        return event("answer", self.cameras[answer.camera].name, seconds=round(frame.seconds, 3), top=top,
                     person=answer.person, latency_ms=round(1e3 * took, 1))

    def tell_changes(self) -> None:
        """Tell what became of cameras."""
        while True:
            try:
                number, state, facts = self.changes.get_nowait()
            except Empty:
                return
            if state == "open":
                self.judge.forget(number)
                self.alarms.back(number)
            self.told(event("camera", self.cameras[number].name, state=state, **facts))

    def look_for_the_lost(self) -> None:
        """Follow the alerts of cameras that show nothing."""
        now = time.monotonic()
        for number, reader in enumerate(self.readers):
            if not self.cameras[number].file:
                self.alarms.away(number, now - reader.last_frame)

    def close(self) -> None:
        """Stop reading, and write the clips that are wanted as far as they came."""
        self.inbox.close()
        for reader in self.readers:
            reader.stop()
        until = time.monotonic() + LEAVE_SECONDS
        for reader in self.readers:
            reader.join(max(until - time.monotonic(), 0.0))
        for recorder in filter(None, self.alarms.recorders):
            recorder.end()
        self.writer.shutdown()
        self.tell_changes()

    def summary(self) -> dict[str, Any]:
        """What was watched: each camera's frames and how many were dropped, alerts, and how long answers took."""
        return event("summary", None, cameras=[self.facts(number) for number in range(len(self.cameras))],
                     alerts=self.alarms.raised, latency_ms=self.latency.milliseconds())

    def facts(self, number: int) -> dict[str, Any]:
        """What is counted: frames decoded, packets passed over, frames for the network and those dropped."""
        reader, box = self.readers[number], self.inbox.boxes[number]
        return {"camera": self.cameras[number].name, "frames": reader.frames, "passed_over": reader.skipped,
                "wanted": box.came, "dropped": box.dropped,
                "drop_rate": round((box.dropped + reader.skipped) / max(box.came + reader.skipped, 1), 4),
                "opened": reader.opened}
