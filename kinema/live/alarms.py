"""From scores to alerts: what is raised, what is told of it, and which clip shows it."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kinema.live.alerts import INACTIVITY, OFFLINE, Alert, Trigger
from kinema.live.camera import Camera
from kinema.live.inbox import Frame
from kinema.live.judge import Answer
from kinema.live.lines import event
from kinema.live.recorder import Recorder
from kinema.live.stillness import Stillness

FORGOTTEN_SECONDS = 60.0  # after which a person who is not seen is gone, and the alert over

Told = Callable[[dict[str, Any]], None]


class Whose(NamedTuple):
    """What a trigger follows: the number of an alert and of a camera, and of a person if there are several."""

    alert: int
    camera: int
    person: int | None = None


class Alarms:
    """Follows the alerts of all cameras; `told` is called with the events "alert" and "alert_end".

    every_seconds: how far the pictures of a camera are apart.
    """

    def __init__(
        self, alerts: Sequence[Alert], labels: Sequence[str], cameras: Sequence[Camera],
        recorders: Sequence[Recorder | None], told: Told, every_seconds: float,
    ) -> None:
        self.alerts, self.cameras, self.recorders, self.told = alerts, cameras, recorders, told
        self.classes = {name: k for k, name in enumerate(labels)}
        self.triggers: dict[Whose, Trigger] = {}
        self.seen_at: dict[Whose, float] = {}  # when a person was last asked about, by the clock of the camera
        self.still = [Stillness(every_seconds) for _ in cameras]
        self.raised = 0

    def answers(self, frame: Frame, answers: Sequence[Answer]) -> None:
        """What a network says of a camera's frame."""
        for answer in answers:
            for number, alert in enumerate(self.alerts):
                if not alert.spans:
                    score = float(answer.scores_K[self.classes[alert.label]])
                    whose = Whose(number, answer.camera, answer.person)
                    self.seen_at[whose] = frame.seconds
                    self.follow(whose, frame.seconds, score, frame, answer)
        if answers and answers[0].person is not None:
            self.forget(answers[0].camera, frame.seconds)

    def picture(self, camera: int, frame: Frame) -> None:
        """A camera's picture, of which the alerts of inactivity are made."""
        wanted = [number for number, alert in enumerate(self.alerts) if alert.label == INACTIVITY]
        if wanted:
            still_seconds = self.still[camera](frame.seconds, frame.picture_HWC)
            for number in wanted:
                self.follow(Whose(number, camera), frame.seconds, still_seconds, frame)

    def away(self, camera: int, away_seconds: float) -> None:
        """For how long a camera has shown nothing."""
        for number, alert in enumerate(self.alerts):
            if alert.label == OFFLINE:
                self.follow(Whose(number, camera), time.monotonic(), away_seconds)

    def back(self, camera: int) -> None:
        """A camera was away: what its labels' scores were before does not count towards what they last."""
        for whose, trigger in self.triggers.items():
            if whose.camera == camera and not trigger.alert.spans:
                trigger.interrupt()

    def follow(
        self, whose: Whose, seconds: float, score: float, frame: Frame | None = None, answer: Answer | None = None
    ) -> None:
        """Go on with a trigger, and tell what it says."""
        trigger = self.triggers.get(whose)
        if trigger is None:
            trigger = self.triggers[whose] = Trigger(self.alerts[whose.alert])
        change = trigger(seconds, score)
        if change is None:
            return
        camera, alert, clip = self.cameras[whose.camera], trigger.alert, None
        facts: dict[str, Any] = {"label": alert.label, "score": round(score, 4), "threshold": alert.threshold,
                                 "person": whose.person}
        if change == "begin":
            self.raised += 1
            recorder = self.recorders[whose.camera]
            if frame and recorder:
                clip = recorder.ask(file_name(camera.name, alert.label, self.raised), frame.seconds)
            if answer and answer.box:
                facts["box"] = [round(side, 4) for side in answer.box]
        if frame:
            facts["seconds"] = round(frame.seconds, 3)
            facts["latency_ms"] = round(1e3 * (time.monotonic() - frame.arrived), 1)
        self.told(event("alert" if change == "begin" else "alert_end", camera.name, **facts,
                        clip=str(clip) if clip else None))

    def forget(self, camera: int, seconds: float) -> None:
        """End the alerts of people who are gone from a camera."""
        for whose in [one for one, at in self.seen_at.items()
                      if one.camera == camera and one.person and not 0 <= seconds - at < FORGOTTEN_SECONDS]:
            del self.seen_at[whose]
            if self.triggers.pop(whose).on:
                self.told(event("alert_end", self.cameras[camera].name, label=self.alerts[whose.alert].label,
                                person=whose.person))


def file_name(camera: str, label: str, number: int) -> str:
    """What the clip of an alert is called: when, where, of what, and which."""
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return "-".join([when, *(re.sub(r"\W+", "_", part).strip("_")[-40:] for part in (camera, label)), str(number)])
