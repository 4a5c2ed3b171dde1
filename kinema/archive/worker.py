"""A process that looks at one video after the other: names in, what was found out, both pickled.

A process of its own, started anew from Python: a broken file may crash a decoder, and must not take others with it. It
ends with the process that started it, in the middle of a video too.
"""

import os
import pickle
import sys
import threading
from queue import SimpleQueue


def main() -> None:
    """Open the network, say None, or else the problem; then answer each name with what was found in the video,
    and say with each window that it is at it."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with answers
    names: SimpleQueue[str] = SimpleQueue()

    def say(what: object) -> None:
        pickle.dump(what, answers)
        answers.flush()

    def listen() -> None:
        try:
            while True:
                names.put(pickle.load(sys.stdin.buffer))
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(1)

    opener, kept, video_seconds = pickle.load(sys.stdin.buffer)
    threading.Thread(target=listen, daemon=True).start()
    from kinema.archive.found import STILL_AT_IT
    from kinema.archive.look import Looker
    from kinema.errors import KinemaError

    try:
        look = Looker(opener, kept, video_seconds, lambda: say(STILL_AT_IT))
    except KinemaError as error:
        say(str(error))
        return
    except Exception as error:
        say(f"{type(error).__name__}: {error}")
        return
    say(None)
    while True:
        say(look(names.get()))


if __name__ == "__main__":
    main()
