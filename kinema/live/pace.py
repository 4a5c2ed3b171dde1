"""Which frames of a camera the network sees."""

from math import floor, isnan

SMOOTH = 0.1  # the weight of the newest step between frames in their mean
ABOUT = 1.1  # frames that come less than so many times as often as wanted are all picked


class Pace:
    """Picks frames `every_seconds` apart, by a clock; a slower camera's are all picked.

    The first frame in each span of `every_seconds` of the clock is picked, so that of cameras whose clocks agree those
    are picked that belong together.
    """

    def __init__(self, every_seconds: float) -> None:
        self.every_seconds = every_seconds
        self.last_seconds = self.step_seconds = float("nan")
        self.span: int | None = None

    def __call__(self, seconds: float) -> bool:
        """Is the frame at this second picked?"""
        step, self.last_seconds = seconds - self.last_seconds, seconds
        if 0 < step < 2 * self.every_seconds:
            self.step_seconds = step if isnan(self.step_seconds) else (
                self.step_seconds + SMOOTH * (step - self.step_seconds))
        span, before = floor(seconds / self.every_seconds + 1e-6), self.span
        self.span = span
        return span != before or self.step_seconds * ABOUT > self.every_seconds
