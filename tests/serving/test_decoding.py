"""A process that decodes is given up when it takes too long or too much, and the next video has another."""

import os
import signal
from pathlib import Path

import pytest
import torch

from kinema.models.clip import ClipSpec
from kinema.serving.decoding import DecodingError, DecodingProcess
from kinema.serving.limits import Limits

SPEC = ClipSpec(4, 32, 32)
WINDOWS: dict[str, float] = {"overlap": 2, "whole": 2.0, "views": 1}


def windows_of(process: DecodingProcess, film: Path) -> list[torch.Tensor]:
    """The clips of a video's windows."""
    return [one.clips_VCTHW for one in process.messages(film, film.name, **WINDOWS) if one.clips_VCTHW is not None]


@pytest.mark.slow
def test_one_that_hangs_is_given_up_in_time(film: Path) -> None:
    process = DecodingProcess(SPEC, 1.0, Limits(decode_seconds=60))
    first = windows_of(process, film)
    assert first[0].shape == (1, 3, 4, 32, 32)
    os.kill(process.process.pid, signal.SIGSTOP)
    process.limits = Limits(decode_seconds=0.3)
    with pytest.raises(DecodingError, match=r"not decoded after 0\.3 s") as caught:
        windows_of(process, film)
    assert caught.value.problem.code == "decoder_late"
    process.limits = Limits(decode_seconds=60)
    assert all(map(torch.equal, first, windows_of(process, film)))
    process.stop()


@pytest.mark.slow
def test_one_that_takes_too_much_memory_is_a_failure_in_words(film: Path) -> None:
    process = DecodingProcess(SPEC, 1.0, Limits(decode_bytes=64 << 20))  # less than it has before it begins
    with pytest.raises(DecodingError) as caught:
        windows_of(process, film)
    assert caught.value.problem.message.endswith(".")
    assert caught.value.problem.hint
    process.stop()


@pytest.mark.slow
def test_a_reader_that_stops_early_ends_the_process(film: Path) -> None:
    process = DecodingProcess(SPEC, 0.5, Limits())
    messages = process.messages(film, film.name, **WINDOWS)
    assert next(messages).kind == "video"
    messages.close()
    assert process.process is None
