"""A process that inspects one file after the other: a line of json in, a line of json out.

A process of its own, and one that is started anew from Python, because a broken file may crash a decoder or stop it for
good; so it takes neither other files nor the threads of the program that asked with it.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from kinema.data.doctor.inspect import inspect

MEMORY_BYTES = 8 << 30  # a header that claims a picture of giant size must not take the machine down


def limit_memory() -> None:
    """Let this process take `MEMORY_BYTES` of address space at most, where the system can do that."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))


def main() -> None:
    """Answer each line {"path", "parts"} with a line of `FileHealth`, until there is none."""
    limit_memory()
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints must not mix with answers
    for line in sys.stdin:
        task = json.loads(line)
        health = inspect(Path(task["path"]), [tuple(part) for part in task["parts"]])
        answers.write(json.dumps(asdict(health)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
