"""`kinema serve`."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from kinema.cli.output import command, say_aside
from kinema.errors import KinemaError

KEPT_SECONDS = 75  # that a connection is kept: longer than anybody is told to wait, who would send as it closes


@command
def serve(
    source: Annotated[str, typer.Argument(help="folder of a run, a checkpoint's id, or a file of weights")],
    host: Annotated[str, typer.Option(help="address to listen at; 0.0.0.0: at all of them")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free")] = 8000,
    data: Annotated[str, typer.Option(help="folder of uploads, results and corrections")] = "served",
    library: Annotated[str | None, typer.Option(help="folder of videos that may be asked about by name")] = None,
    api_key_file: Annotated[str | None, typer.Option(help="a file with a key a line; callers must show one")] = None,
    queue: Annotated[int, typer.Option(min=1, help="jobs that may wait or run")] = 64,
    max_megabytes: Annotated[float, typer.Option(min=0.1, help="of an upload")] = 512,
    max_seconds: Annotated[float, typer.Option(min=1, help="of a video")] = 3600,
    decode_seconds: Annotated[float, typer.Option(min=1, help="that decoding a video may be waited for")] = 120,
    decode_gigabytes: Annotated[float, typer.Option(min=1, help="of address space of a decoding process")] = 6,
    keep_gigabytes: Annotated[
        float, typer.Option(min=0, help="of uploads; beyond it the oldest go, but for corrected ones; results stay")
    ] = 20,
    keep_days: Annotated[
        float | None, typer.Option(min=0, help="after which an upload goes likewise \\[default: never]")
    ] = None,
    forget_days: Annotated[
        float | None,
        typer.Option(min=0, help="after which a job, its result and its video go, but for corrected ones "
                     "\\[default: never]"),
    ] = None,
    decoders: Annotated[int | None, typer.Option(min=1, help="decoding processes \\[default: processors, at most 4]")
                        ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps \\[default: the best there is]")] = None,
    engine: Annotated[str, typer.Option(help="torch, compile, openvino, onnx; auto: the quickest here")] = "torch",
    precision: Annotated[str, typer.Option(help="fp32; quicker and less exact: bf16, or int8 of a run")] = "fp32",
) -> None:
    """Answer over HTTP what happens in videos, with a page to look at them, correct labels and train again.

    Examples:

      kinema serve runs/first

      kinema serve runs/first --library footage/ --engine auto

      kinema serve runs/first --host 0.0.0.0 --api-key-file keys.txt --queue 200
    """
    try:
        import fastapi  # noqa: F401 (absent without the extra)
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise KinemaError(f"kinema serve needs {error.name}: pip install 'kinema[serve]'.") from None
    from kinema import Recognizer
    from kinema.cli.timeline import tell
    from kinema.serving.app import application
    from kinema.serving.limits import MEGABYTE, Limits
    from kinema.serving.service import Service, Settings
    from kinema.timeline.learnt import Learnt

    limits = Limits(int(max_megabytes * MEGABYTE), max_seconds, queue, decode_seconds,
                    int(decode_gigabytes * 1000 * MEGABYTE), keep_bytes=int(keep_gigabytes * 1000 * MEGABYTE),
                    keep_days=keep_days, forget_days=forget_days)
    settings = Settings(source, Path(data), Path(library) if library else None,
                        Path(api_key_file) if api_key_file else None, limits, decoders)
    recognizer = Recognizer(source, device=device, engine=engine, precision=precision)
    run = recognizer.run
    if run is not None and not run.adopted and Learnt.of(run.path) is None:
        say_aside("Learning from the run's own clips when things happen; it is kept beside the run.")
    service = Service(settings, recognizer)
    tell(service.localizer)
    config = uvicorn.Config(
        application(service), host=host, port=port, log_level="warning", timeout_graceful_shutdown=5,
        timeout_keep_alive=KEPT_SECONDS)
    if host not in ("127.0.0.1", "localhost", "::1") and api_key_file is None:
        say_aside(f"Everybody who reaches {host} may upload videos and train; --api-key-file asks for keys.")
    try:
        socket = config.bind_socket()
    except SystemExit:  # uvicorn has said why
        raise KinemaError(f"The server cannot listen at {host}:{port}; choose another --port or --host.") from None
    say_aside(f"Serving {recognizer.network.name} at http://{host}:{socket.getsockname()[1]} (Ctrl-C stops; "
              f"{data} keeps what was asked and answered).")
    logging.getLogger("uvicorn.error").addFilter(lambda record: not (
        record.exc_info and record.exc_info[0] is asyncio.CancelledError))  # who is still sending is cut off

    class Server(uvicorn.Server):
        """Sends those away who wait for an answer, before it ends."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            with suppress(RuntimeError):  # it has not begun
                asyncio.get_running_loop().call_soon_threadsafe(service.notices.close)
            super().handle_exit(sig, frame)

    Server(config).run(sockets=[socket])
