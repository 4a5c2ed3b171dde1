"""When an alert is raised, and when it is over."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kinema.errors import KinemaError, nearest, some

INACTIVITY, OFFLINE = "inactivity", "offline"  # alerts of seconds, not of scores
SPANS = (INACTIVITY, OFFLINE)
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
SPAN = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")


@dataclass(frozen=True)
class Alert:
    """What is alerted of: a label whose score reaches `threshold`; "inactivity" or "offline": so many seconds of it.

    It is raised once the score has been there for `lasts_seconds`, and over when the score is more than `margin` (at
    most half the threshold) below the threshold; for `hold_off_seconds` after that it is not raised again.
    """

    label: str
    threshold: float = 0.5
    margin: float = 0.1
    lasts_seconds: float = 0.0
    hold_off_seconds: float = 30.0

    @property
    def spans(self) -> bool:
        """Is it one of seconds in which nothing happens?"""
        return self.label in SPANS


def alerts_of(texts: Sequence[str], labels: Sequence[str], usual: Alert) -> list[Alert]:
    """The alerts that are written as `LABEL`, `LABEL:0.8`, `inactivity:10m` or `offline:5m`; all else is as `usual`."""
    return [alert_of(text, labels, usual) for text in texts]


def alert_of(text: str, labels: Sequence[str], usual: Alert) -> Alert:
    """One of them; KinemaError says what is wrong with it."""
    name, colon, value = text.rpartition(":")
    if text in labels:
        return replace(usual, label=text)
    if name in SPANS or text in SPANS:
        return replace(usual, label=name or text, threshold=span_seconds(text, value if name else ""), margin=0.0,
                       lasts_seconds=0.0)
    if not colon or name not in labels:
        wanted = name if colon and is_number(value) else text
        raise KinemaError(f"--alert {text}: the network does not know {wanted!r}; it knows {some(labels)}, and there "
                          f"are {INACTIVITY}:10m and {OFFLINE}:5m.{nearest(wanted, [*labels, *SPANS])}")
    if not is_number(value) or not 0 < float(value) <= 1:
        raise KinemaError(f"--alert {text}: expected a threshold above 0 and at most 1 after the colon, such as "
                          f"{name}:0.8.")
    return replace(usual, label=name, threshold=float(value))


def span_seconds(text: str, value: str) -> float:
    """Seconds of `90`, `90s`, `10m` or `2h`."""
    found = SPAN.fullmatch(value)
    if not found or not float(found[1]):
        raise KinemaError(f"--alert {text}: expected how long after the colon, such as 90s, 10m or 2h.")
    return float(found[1]) * UNITS[found[2]]


def is_number(text: str) -> bool:
    """Is this written as a number?"""
    try:
        float(text)
    except ValueError:
        return False
    return True


class Trigger:
    """Follows one score of one camera (and person): tells when its alert begins and when it ends."""

    def __init__(self, alert: Alert) -> None:
        self.alert, self.on = alert, False
        self.above_since: float | None = None
        self.quiet_until = float("-inf")

    def __call__(self, seconds: float, score: float) -> str | None:
        """"begin", "end" or None."""
        alert = self.alert
        if self.on:
            if score >= alert.threshold - min(alert.margin, alert.threshold / 2):  # else a low one was never over
                return None
            self.on, self.above_since, self.quiet_until = False, None, seconds + alert.hold_off_seconds
            return "end"
        if score < alert.threshold:
            self.above_since = None
            return None
        self.above_since = seconds if self.above_since is None else self.above_since
        if seconds - self.above_since < alert.lasts_seconds or seconds < self.quiet_until:
            return None
        self.on = True
        return "begin"

    def interrupt(self) -> None:
        """Nobody knows what the score was meanwhile: it begins to last anew."""
        self.above_since = None
