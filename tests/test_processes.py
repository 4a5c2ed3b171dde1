"""What other processes start ends with them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

START_AND_DIE = """
import os, time
from multiprocessing import get_context
from kinema.data.dataset import quiet_worker

def read():
    time.sleep(1)  # until the parent is gone
    quiet_worker(0)
    time.sleep(300)

if __name__ == "__main__":
    process = get_context("fork").Process(target=read)
    process.start()
    print(process.pid, flush=True)
    os._exit(9)
"""


def there(pid: int) -> bool:
    """Is a process running?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to look into")
def test_a_reader_ends_though_its_parent_died_before_it_began() -> None:
    with subprocess.Popen([sys.executable, "-c", START_AND_DIE], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert parent.wait(60) == 9
        try:
            assert there(pid)
            until = time.monotonic() + 30
            while there(pid) and time.monotonic() < until:
                time.sleep(0.1)
            assert not there(pid)
        finally:
            if there(pid):
                os.kill(pid, signal.SIGKILL)
