"""What a caller is told when something cannot be done: a code for programs, a message and a hint for people."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """What went wrong: `code` for programs, `message` and `hint` (what to do) for people."""

    code: str
    message: str
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class ProblemError(Exception):
    """A request that cannot be answered; `status` is HTTP's."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.problem, self.headers = status, Problem(code, message, hint), headers or {}


def absent(what: str, name: object, hint: str = "") -> ProblemError:
    """There is nothing of this name."""
    return ProblemError(404, "not_found", f"There is no {what} {name!r}.", hint)
