"""Inspecting many files in several processes, of which any may crash or hang without harm to the rest."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from queue import Queue
from typing import Any

from kinema.data.doctor.inspect import FileHealth, Part

Task = tuple[Path, Sequence[Part]]
FILES_PER_PROCESS = 500  # then a fresh one, so that a leak in a decoder stays small


class Worker:
    """One process, started when first needed and again after it was lost; it holds one file at a time."""

    def __init__(self, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self.process: Any = None
        self.files = 0

    def start(self) -> None:
        """Start the process; it finds the packages that this one finds."""
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kinema.data.doctor.worker"],
            env={**os.environ, "PYTHONPATH": paths},
            text=True,
            encoding="utf-8",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.files = 0

    def inspect(self, task: Task) -> FileHealth:
        """One file's health; of a file that ends or outlasts the process, that it did."""
        if self.process is None or self.files >= FILES_PER_PROCESS:
            self.stop()
            self.start()
        self.files += 1
        late, process = threading.Event(), self.process

        def give_up() -> None:
            late.set()
            process.kill()

        alarm = threading.Timer(self.timeout_seconds, give_up)
        alarm.start()
        try:
            process.stdin.write(json.dumps({"path": str(task[0]), "parts": task[1]}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (OSError, ValueError):  # the pipe is broken, or was closed because the check ends
            answer = ""
        finally:
            alarm.cancel()
        if answer:
            fields = json.loads(answer)
            fields |= {name: tuple(fields[name]) for name in ("part_frames", "warnings")}
            return FileHealth(**fields)
        code = process.wait()
        self.process = None
        slow = f"was not decoded after {self.timeout_seconds:g} s"
        why = slow if late.is_set() else f"crashes the decoder (exit {code})"
        return FileHealth(error=f"{task[0]} {why}. Copy or convert it again.")

    def stop(self) -> None:
        """End the process, whatever it is at."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()


def inspect_all(tasks: Iterable[Task], workers: int, timeout_seconds: float) -> Iterator[tuple[int, FileHealth]]:
    """(number of the task, its file's health) as they come; at most `workers` files are held at any time."""
    left, lock = enumerate(tasks), threading.Lock()
    done: Queue[tuple[int, FileHealth] | BaseException | None] = Queue()
    crew = [Worker(timeout_seconds) for _ in range(workers)]
    over = threading.Event()

    def work(worker: Worker) -> None:
        try:
            while not over.is_set():
                with lock:
                    task = next(left, None)
                if task is None:
                    break
                done.put((task[0], worker.inspect(task[1])))
        except BaseException as error:
            done.put(error)
        finally:
            worker.stop()
            done.put(None)

    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in crew]
    for thread in threads:
        thread.start()
    try:
        working = workers
        while working:
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                working -= 1
            else:
                yield result
    finally:
        over.set()
        for worker in crew:
            worker.stop()
