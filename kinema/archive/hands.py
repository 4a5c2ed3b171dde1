"""Many videos looked at in processes of this machine, any of which may crash without harm to the rest."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from kinema.archive.changes import stamp_of
from kinema.archive.found import STILL_AT_IT, Kept, Looked, Opener, Patience
from kinema.errors import KinemaError

TRIES = 2  # of a video whose process was killed: once it may have been another's fault
KILL_SECONDS = 10.0  # that a killed process is waited for


class Hand:
    """A process that looks at one video at a time, started when first needed and again after it was lost."""

    def __init__(self, opener: Opener, kept: Kept, patience: Patience) -> None:
        self.order = opener, kept, patience.video_seconds
        self.stall_seconds = patience.stall_seconds
        self.process: Any = None
        self.stopped = self.late = False

    def start(self) -> None:
        """Start the process; it finds the packages that this one finds. KinemaError: it cannot open the network."""
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kinema.archive.worker"], env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the process that saves
        )
        try:
            pickle.dump(self.order, self.process.stdin)
            self.process.stdin.flush()
            problem = pickle.load(self.process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            raise KinemaError(f"A process ended as it opened the network ({self.ended()}).") from None
        if problem is not None:
            raise KinemaError(problem)

    def ask(self, video: str) -> Looked:
        """What is found in a video; the process is killed where it says nothing for too long."""
        pickle.dump(video, self.process.stdin)
        self.process.stdin.flush()
        while True:
            watch = threading.Timer(self.stall_seconds, self.give_up, [self.process])
            watch.daemon = True
            watch.start()
            try:
                answer = pickle.load(self.process.stdout)
            finally:
                watch.cancel()
            if answer != STILL_AT_IT:
                return answer

    def give_up(self, process: Any) -> None:
        """End a process that has said nothing for too long."""
        self.late = True
        process.kill()

    def ended(self) -> str:
        """How the process ended."""
        process, self.process = self.process, None
        end(process)
        return f"exit {process.returncode}"

    def __call__(self, video: str) -> Looked:
        """Look at a video; of one that ends its process twice, or holds it too long, that it did."""
        stamp = stamp_of(video)  # before it is read: what is written to it meanwhile is seen the next time
        looked = self.look(video)
        looked.stamp = stamp
        return looked

    def look(self, video: str) -> Looked:
        """What is found in a video, or why nothing is."""
        how = ""
        for _ in range(TRIES):
            if self.process is None:
                self.start()
            self.late = False
            try:
                return self.ask(video)
            except (OSError, EOFError, pickle.UnpicklingError, ValueError):
                if self.stopped:
                    break
                how = self.ended()
                if self.late:
                    return Looked(video, reason=f"Nothing came of it for {self.stall_seconds:g} s, so it was given up. "
                                                "--stall-seconds waits longer.")
        return Looked(video, reason=f"It crashes the decoder or the network ({how}). Copy or convert it again.")

    def stop(self) -> None:
        """End the process, whatever it is at, for good."""
        self.stopped = True
        process, self.process = self.process, None
        if process is not None:
            end(process)


def end(process: subprocess.Popen) -> None:
    """Kill a process; one that waits for a disk that is gone does not end by that, and is not waited for."""
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(KILL_SECONDS)


def look_here(
    videos: Sequence[str], opener: Opener, kept: Kept, patience: Patience, processes: int
) -> Iterator[Looked]:
    """What is found in each video, as it comes."""
    left, lock, over = iter(videos), threading.Lock(), threading.Event()
    done: SimpleQueue[Looked | BaseException | None] = SimpleQueue()
    hands = [Hand(opener, kept, patience) for _ in range(min(processes, len(videos)))]

    def work(hand: Hand) -> None:
        try:
            while not over.is_set():
                with lock:
                    video = next(left, None)
                if video is None:
                    break
                done.put(hand(video))
        except BaseException as error:
            done.put(error)
        finally:
            hand.stop()
            done.put(None)

    for hand in hands:
        threading.Thread(target=work, args=(hand,), daemon=True).start()
    try:
        working = len(hands)
        while working:
            found = done.get()
            if isinstance(found, BaseException):
                raise found
            if found is None:
                working -= 1
            else:
                yield found
    finally:
        over.set()
        for hand in hands:
            hand.stop()
