"""Many videos looked at in processes of this machine, any of which may crash without harm to the rest."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from typing import Any

from kinema.archive.found import Kept, Looked, Opener
from kinema.errors import KinemaError

TRIES = 2  # of a video whose process was killed: once it may have been another's fault


class Hand:
    """A process that looks at one video at a time, started when first needed and again after it was lost."""

    def __init__(self, opener: Opener, kept: Kept) -> None:
        self.order = opener, kept
        self.process: Any = None
        self.stopped = False

    def start(self) -> None:
        """Start the process; it finds the packages that this one finds. KinemaError: it cannot open the network."""
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kinema.archive.worker"], env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the process that saves
        )
        try:
            problem = self.ask(self.order)
        except (OSError, EOFError, pickle.UnpicklingError):
            raise KinemaError(f"A process ended as it opened the network ({self.ended()}).") from None
        if problem is not None:
            raise KinemaError(problem)

    def ask(self, what: object) -> Any:
        """Send something to the process, and wait for its answer."""
        pickle.dump(what, self.process.stdin)
        self.process.stdin.flush()
        return pickle.load(self.process.stdout)

    def ended(self) -> str:
        """How the process ended."""
        process, self.process = self.process, None
        process.kill()
        return f"exit {process.wait()}"

    def __call__(self, video: str) -> Looked:
        """Look at a video; of one that ends its process twice, that it did."""
        how = ""
        for _ in range(TRIES):
            if self.process is None:
                self.start()
            try:
                return self.ask(video)
            except (OSError, EOFError, pickle.UnpicklingError, ValueError):
                if self.stopped:
                    break
                how = self.ended()
        return Looked(video, reason=f"It crashes the decoder or the network ({how}). Copy or convert it again.")

    def stop(self) -> None:
        """End the process, whatever it is at, for good."""
        self.stopped = True
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()


def look_here(videos: Sequence[str], opener: Opener, kept: Kept, processes: int) -> Iterator[Looked]:
    """What is found in each video, as it comes."""
    left, lock, over = iter(videos), threading.Lock(), threading.Event()
    done: SimpleQueue[Looked | BaseException | None] = SimpleQueue()
    hands = [Hand(opener, kept) for _ in range(min(processes, len(videos)))]

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
