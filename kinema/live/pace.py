"""Which frames of a camera the network sees."""


class Pace:
    """Picks frames `every_seconds` apart on average, by the camera's clock; a slower camera's are all picked."""

    def __init__(self, every_seconds: float) -> None:
        self.every_seconds = every_seconds
        self.due_seconds = float("-inf")

    def __call__(self, seconds: float) -> bool:
        """Is the frame at this second the next one? Where the clock jumps, counting begins anew."""
        before_seconds = self.due_seconds - seconds
        if 1e-3 * self.every_seconds < before_seconds < 2 * self.every_seconds:
            return False
        regular = abs(before_seconds) < self.every_seconds
        self.due_seconds = (self.due_seconds if regular else seconds) + self.every_seconds
        return True
