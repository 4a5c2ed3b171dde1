"""Those who work off the queue: threads that each feed one decoding process, and one thread that asks the network.

The windows of several videos go through the network together, so that short videos fill its batches too.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import torch

from kinema.evaluation.predict import at_once
from kinema.inference.recognizer import WINDOWS_AT_ONCE
from kinema.serving.decoding import DecodingError, DecodingProcess, EndedError, Message
from kinema.serving.kinds import Asked, Kind, Localizing, Recognizing
from kinema.serving.limits import Limits
from kinema.serving.metrics import Metrics
from kinema.serving.notices import Notices
from kinema.serving.problems import Problem
from kinema.serving.store import CANCELLED, DONE, FAILED, Job, Store
from kinema.timeline.localizer import Localizer

LOOK_SECONDS = 0.5  # after which a thread with nothing to do looks again
FULL_SECONDS = 2.0  # after which what the disk or the system refused is tried again
FAULT = Problem("internal", "The server could not finish this job.", "Its log says why; try again or report it.")


@dataclass
class Work:
    """A job under way: what was found up to now, and whether nobody wants it any more."""

    job: Job
    kind: Kind
    asked: Asked
    duration_seconds: float | None = None
    fps: float | None = None
    begins: float | None = None
    ends: float = 0.0
    unwanted: bool = False


@dataclass
class Crew:
    """Decoders and a network at work until `stop`."""

    localizer: Localizer
    store: Store
    notices: Notices
    limits: Limits
    metrics: Metrics
    uploads: Path
    decoders: int = 1

    def __post_init__(self) -> None:
        self.recognizer = self.localizer.recognizer
        self.kinds: dict[str, Kind] = {"recognize": Recognizing(self.recognizer),
                                       "timeline": Localizing(self.localizer)}
        self.ended: Callable[[], object] = lambda: None  # is told of each job that ends
        self.over, self.wake, self.asking = threading.Event(), threading.Condition(), threading.Lock()
        self.under_way: dict[str, Work] = {}
        self.together = max(1, min(WINDOWS_AT_ONCE, at_once(self.recognizer.network.clip) // self.recognizer.views))
        self.ready: Queue[tuple[Work, Message]] = Queue(maxsize=2 * self.together)
        self.processes = [self.process() for _ in range(self.decoders)]
        self.threads = [threading.Thread(target=self.decode, args=(process,), name="decoder", daemon=True)
                        for process in self.processes]
        self.threads.append(threading.Thread(target=self.ask, name="network", daemon=True))

    def start(self) -> None:
        """Begin, with what waits from before."""
        self.recognizer.engine  # noqa: B018 (made ready before the first job)
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """End; what is under way is done again after the next start."""
        self.over.set()
        self.tell_of_work()
        for work in self.under_way.copy().values():
            work.unwanted = True
        for process in self.processes:
            process.kill()  # it may be at a long video, or hang
        for thread in self.threads:
            thread.join(10)
        self.store.give_back()

    def tell_of_work(self) -> None:
        """Let a thread that waits look for a job."""
        with self.wake:
            self.wake.notify()

    def cancel(self, job: str) -> None:
        """Let go of a job."""
        if work := self.under_way.get(job):
            work.unwanted = True

    def process(self) -> DecodingProcess:
        """A process that decodes for this network."""
        return DecodingProcess(self.recognizer.network.clip, self.recognizer.window_seconds, self.limits)

    def decode(self, process: DecodingProcess) -> None:
        """Take job after job, and hand on its windows."""
        while not self.over.is_set():
            try:
                process.start()  # also after one that was lost, before the next job wants it
                with self.wake:
                    job = self.store.take()
                    if job is None:
                        self.wake.wait(LOOK_SECONDS)
                        continue
            except (OSError, sqlite3.OperationalError):  # a full disk, no memory: who ended now would leave the queue
                logging.getLogger("kinema.serving").exception("no job can be begun")
                self.over.wait(FULL_SECONDS)
                continue
            self.work_on(job, process)
        process.stop()

    def work_on(self, job: Job, process: DecodingProcess) -> None:
        """Hand on the windows of a job, or say why there are none."""
        kind = self.kinds[job.kind]
        work = self.under_way[job.id] = Work(job, kind, kind.begin(job.options))
        self.notices.tell(job.id, 0.0)
        try:
            work.unwanted = self.store.get(job.id).state == CANCELLED  # before anybody could be told
            self.hand_on(work, process)
        except EndedError:  # as Ctrl-C does, which ends the server too
            work.unwanted = True
            self.store.again(job.id)
        except DecodingError as error:
            if not self.over.is_set():  # else it is done after the next start
                self.end(work, FAILED, problem=error.problem)
                self.store.unreadable(job.video, self.uploads)
        except Exception:
            self.fault(work)
        if work.unwanted:
            self.under_way.pop(job.id, None)

    def hand_on(self, work: Work, process: DecodingProcess) -> None:
        """Give the network what a video holds."""
        video = self.store.video(work.job.video)
        if video is None or not video.path.is_file():
            raise DecodingError("unreadable", "The video is no longer there.")
        messages = process.messages(video.path, video.name, **work.kind.windows)
        for message in messages:
            while not (work.unwanted or self.over.is_set()):
                with suppress(Full):
                    self.ready.put((work, message), timeout=LOOK_SECONDS)
                    break
            if work.unwanted or self.over.is_set():
                messages.close()  # which ends the process, if it is not at the video's end
                return

    def ask(self) -> None:
        """Ask the network about windows as they come, of several videos together."""
        while not self.over.is_set():
            try:
                few = [self.ready.get(timeout=LOOK_SECONDS)]
            except Empty:
                continue
            while len(few) < self.together:
                try:
                    few.append(self.ready.get_nowait())
                except Empty:
                    break
            try:
                self.take_in(few)
            except Exception:
                for work in {id(work): work for work, _ in few}.values():
                    self.fault(work)

    def take_in(self, few: list[tuple[Work, Message]]) -> None:
        """Score windows, and finish the videos whose end has come."""
        asked = [(work, message.facts, message.clips_VCTHW) for work, message in few
                 if message.clips_VCTHW is not None and not work.unwanted]
        for kind in self.kinds.values():
            alike = [each for each in asked if each[0].kind is kind]
            if not alike:
                continue
            made_ND = self.made(kind, torch.cat([clips_VCTHW for *_, clips_VCTHW in alike]))
            for (work, facts, _), made_VD in zip(alike, made_ND.split(kind.windows["views"]), strict=True):
                work.asked.add(facts["start_seconds"], facts["end_seconds"], made_VD)
                work.begins = facts["start_seconds"] if work.begins is None else work.begins
                work.ends = facts["end_seconds"]
        self.metrics.windows.inc(len(asked))
        for work, message in few:
            if work.unwanted:
                continue
            if message.kind == "video":
                work.duration_seconds, work.fps = message.facts["duration_seconds"], message.facts["fps"]
            elif message.kind == "end":
                try:
                    answer = work.asked.answer(tuple(message.facts["warnings"]))
                except Exception:  # which is no fault of the videos beside it
                    self.fault(work)
                    continue
                answer["duration_seconds"] = round(work.ends - (work.begins or 0.0), 4)
                answer["fps"] = work.fps
                self.end(work, DONE, answer)
        for work in {id(work): work for work, *_ in asked}.values():
            if work.job.id in self.under_way and work.duration_seconds:
                covered = work.ends - (work.begins or 0.0)
                self.notices.tell(work.job.id, min(covered / work.duration_seconds, 0.99))

    @torch.inference_mode()
    def made(self, kind: Kind, clips_NCTHW: torch.Tensor) -> torch.Tensor:
        """What a kind of question makes of clips, on the CPU in float32."""
        with self.asking:
            like = next(self.recognizer.network.parameters())
            return kind.ask(clips_NCTHW.to(like)).float().cpu()

    def end(self, work: Work, state: str, result: Any = None, problem: Problem | None = None) -> None:
        """Write down how a job ended, once; where the disk is full, as soon as it is not."""
        self.under_way.pop(work.job.id, None)
        work.unwanted = True
        while True:
            try:
                ended = self.store.finish(work.job.id, state, result, problem)
                break
            except sqlite3.OperationalError:
                logging.getLogger("kinema.serving").exception("job %s cannot be written down", work.job.id)
                if self.over.wait(FULL_SECONDS):
                    return
        if ended:
            self.metrics.jobs.labels(state).inc()
        self.notices.tell(work.job.id, None)
        self.ended()

    def fault(self, work: Work) -> None:
        """End a job at which something of kinema's own went wrong; the log says what."""
        logging.getLogger("kinema.serving").exception("job %s", work.job.id)
        self.end(work, FAILED, problem=FAULT)

    def drop(self, job: str) -> bool:
        """Cancel a job that has not ended; return whether it was cancelled."""
        dropped = self.store.finish(job, CANCELLED)
        self.cancel(job)
        if dropped:
            self.metrics.jobs.labels(CANCELLED).inc()
            self.notices.tell(job, None)
        return dropped
