"""How long things took."""

import numpy as np

KEPT = 10_000  # the last ones, of which the middle and the worst are told


class Latency:
    """Seconds from the arrival of frames to their answers; one thread adds, any may ask."""

    def __init__(self) -> None:
        self.seconds, self.count = np.zeros(KEPT), 0

    def add(self, seconds: float) -> None:
        """Another one."""
        self.seconds[self.count % KEPT] = seconds
        self.count += 1

    def milliseconds(self) -> dict[str, float] | None:
        """Their median and their 99th percentile; None before the first."""
        if not self.count:
            return None
        median, p99 = np.percentile(self.seconds[: self.count], (50, 99))
        return {"median": round(1e3 * float(median), 1), "p99": round(1e3 * float(p99), 1)}
