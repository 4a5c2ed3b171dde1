"""`kinema watch`."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.output import command, say_aside
from kinema.errors import KinemaError, counted

if TYPE_CHECKING:
    from kinema.live.camera import Camera
    from kinema.live.judge import Judge

ALERTS, CLIPS, CAMERAS = "Alerts", "Clips of alerts", "Cameras"


@command
def watch(
    run: Annotated[str, typer.Argument(help="folder of a run, a checkpoint's id, or a file of weights")],
    sources: Annotated[
        list[str], typer.Argument(help="rtsp://..., /dev/video0 or a video file; name=SOURCE gives it a name")
    ],
    alert: Annotated[
        list[str] | None,
        typer.Option(help="LABEL or LABEL:0.8; inactivity:10m; offline:5m", rich_help_panel=ALERTS),
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0.01, max=1, help="least score of labels without one", rich_help_panel=ALERTS)
    ] = 0.5,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="over once the score is so far below", rich_help_panel=ALERTS)
    ] = 0.1,
    lasts: Annotated[
        float, typer.Option(min=0, help="seconds that the score must have lasted", rich_help_panel=ALERTS)
    ] = 0.0,
    hold_off: Annotated[
        float, typer.Option(min=0, help="seconds after an alert without the same again", rich_help_panel=ALERTS)
    ] = 30.0,
    webhook: Annotated[
        str | None, typer.Option(help="address that is sent each alert by POST", rich_help_panel=ALERTS)
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="file that JSON lines are added to \\[default: standard output]")
    ] = None,
    answers: Annotated[bool, typer.Option("--answers", help="a line for every answer too")] = False,
    clips: Annotated[str, typer.Option(help="folder", rich_help_panel=CLIPS)] = "alerts",
    keep_clips: Annotated[
        bool, typer.Option("--save/--no-save", help="save the seconds around alerts", rich_help_panel=CLIPS)
    ] = True,
    before: Annotated[float, typer.Option(min=0, help="seconds before the alert", rich_help_panel=CLIPS)] = 5.0,
    after: Annotated[float, typer.Option(min=0, help="seconds after it", rich_help_panel=CLIPS)] = 5.0,
    fps: Annotated[
        float | None,
        typer.Option(min=0.01, help="frames a second that the network sees \\[default: as in its training]"),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="files as fast as possible, not at their own speed")] = False,
    detector: Annotated[
        str | None, typer.Option(help="finds people, each of whom is asked about: file.py:name or package.module:name")
    ] = None,
    open_timeout: Annotated[
        float, typer.Option(min=0.1, help="seconds to open a camera", rich_help_panel=CAMERAS)
    ] = 10.0,
    read_timeout: Annotated[
        float, typer.Option(min=0.1, help="seconds without a packet after which it is opened again",
                            rich_help_panel=CAMERAS)
    ] = 5.0,
    longest_wait: Annotated[
        float, typer.Option(min=0.5, help="seconds between tries at most; from 0.5 on, each wait is twice the last",
                            rich_help_panel=CAMERAS)
    ] = 10.0,
    give_up: Annotated[
        float | None, typer.Option(min=0, help="seconds after which a lost camera is given up \\[default: never]",
                                   rich_help_panel=CAMERAS)
    ] = None,
    transport: Annotated[str, typer.Option(help="of RTSP: tcp or udp", rich_help_panel=CAMERAS)] = "tcp",
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps \\[default: the best there is]")] = None,
    engine: Annotated[str, typer.Option(help="what computes: torch, openvino ...; auto: the quickest here")] = "torch",
    precision: Annotated[str, typer.Option(help="fp32; quicker and less exact: bf16")] = "fp32",
) -> None:
    """Watch cameras: alerts as JSON lines and to a webhook, with the seconds around them as clips. Ctrl-C ends it.

    Examples:

      kinema watch runs/first rtsp://camera/stream --alert fall --webhook https://example.org/hook

      kinema watch runs/first hall=rtsp://10.0.0.7/1 /dev/video0 --alert fall:0.8 --alert inactivity:10m

      kinema watch runs/first night.mp4 --fast --alert fall --out events.jsonl

      kinema watch runs/first yard.mp4 --alert fall --detector detectors.py:people
    """
    from kinema.live.alerts import Alert, alerts_of
    from kinema.live.camera import cameras_of
    from kinema.live.capture import check_files, check_transport
    from kinema.live.lines import Lines
    from kinema.live.patience import Patience
    from kinema.live.reader import Reading
    from kinema.live.recorder import Clips, check_folder
    from kinema.live.status import Status
    from kinema.live.watcher import Watcher
    from kinema.live.webhook import Webhook

    check_transport(transport)
    cameras = cameras_of(sources)
    check_fast(fast, cameras)
    check_files(cameras)
    if alert and keep_clips:
        check_folder(Path(clips))
    judge = judge_of(run, detector, len(cameras), device, engine, precision)
    alerts = alerts_of(alert or [], judge.labels, Alert("", threshold, margin, lasts, hold_off))
    patience = Patience(open_timeout, read_timeout, longest_wait_seconds=longest_wait, give_up_seconds=give_up)
    reading = Reading(1 / fps if fps else judge.every_seconds, patience, transport, fast)
    saved = Clips(Path(clips), before, after) if alerts and keep_clips else None
    hook = None
    if not alerts and not answers:
        say_aside("No --alert is given: nothing is alerted. --answers tells what is seen.")
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):  # `systemctl stop` ends it as Ctrl-C does
            stack.callback(signal.signal, number, signal.signal(number, signal.default_int_handler))
        lines = stack.enter_context(Lines(Path(out) if out else None))
        status = stack.enter_context(Status(words=bool(out) or not sys.stdout.isatty()))
        if webhook:
            hook = Webhook(webhook, status.say)
            stack.callback(hook.close)

        def told(event: dict[str, Any]) -> None:
            if answers or event["event"] != "answer":
                lines(event)
            if hook and event["event"] == "alert":
                hook(event)
            status(event)

        status.watcher = Watcher(judge, cameras, alerts, reading, saved, told)
        summary = status.watcher.run()
    say_aside(in_words(summary))
    if all(camera["opened"] == 0 for camera in summary["cameras"]):
        raise KinemaError("No camera could be opened.")


def judge_of(
    run: str, detector: str | None, cameras: int, device: str | None, engine: str, precision: str
) -> "Judge":
    """What looks at the frames: the whole pictures, or each person in them."""
    if detector is None:
        from kinema.live.judge import WholePicture

        return WholePicture(run, cameras, device, engine, precision)
    from kinema.detection.named import imported
    from kinema.live.people import EachPerson

    module, colon, name = detector.rpartition(":")
    if not colon:
        raise KinemaError(f"--detector {detector}: expected a function such as detectors.py:people.")
    return EachPerson(run, imported(module, name), cameras, device, engine, precision)


def check_fast(fast: bool, cameras: "list[Camera]") -> None:
    """Raise KinemaError where a camera is to be quicker than time."""
    live = [camera.name for camera in cameras if not camera.file]
    if fast and live:
        raise KinemaError(f"--fast is for files; {live[0]} sends its frames when they happen.")


def in_words(summary: dict[str, Any]) -> str:
    """The summary for a person."""
    lines = [f"{one['camera']}: {counted(one['frames'], 'frame')}, {one['wanted']} for the network, "
             f"{one['drop_rate']:.1%} dropped" for one in summary["cameras"]]
    took = summary.get("latency_ms")
    took_words = f"; frame to answer {took['median']:.0f} ms, p99 {took['p99']:.0f} ms" if took else ""
    return "\n".join([*lines, f"{counted(summary['alerts'], 'alert')}{took_words}."])
