"""How long a camera is waited for, and when it is asked again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds: to open a camera, and until its next packet; before it is asked again the first time, and at most
    (each wait is twice the one before); after which a camera without frames is given up (None: never).
    """

    open_seconds: float = 10.0
    read_seconds: float = 5.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 10.0
    give_up_seconds: float | None = None

    def wait_seconds(self, failures: int) -> float:
        """How long to wait after so many failures in a row, 1 or more."""
        return min(self.first_wait_seconds * 2.0 ** min(failures - 1, 60), self.longest_wait_seconds)
