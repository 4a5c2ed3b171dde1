"""Processes that others start."""

import os
from multiprocessing import parent_process
from threading import Thread


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it is killed: whoever starts again does the same work.

    It also ends where that one is dead already.
    """

    def wait_for_end() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait_for_end, daemon=True).start()
