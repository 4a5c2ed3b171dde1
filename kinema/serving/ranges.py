"""A file, or the range of its bytes that is asked for; a range that cannot be had is an error in the server's form."""

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from kinema.serving.answering import error_answer
from kinema.serving.problems import ProblemError

REFUSED = {
    400: ("range", "The Range header cannot be read.", "Ask for bytes=0-1023, or leave it out for the whole file."),
    416: ("range", "The file does not reach so far.", "Content-Range says how many bytes there are."),
}


class RangedFile(FileResponse):
    """A file whose ranges may be asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused: ProblemError | None = None

        async def sent(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                told = {name.decode(): value.decode() for name, value in message["headers"]}
                kept = {name: value for name, value in told.items() if name == "content-range"}
                refused = ProblemError(message["status"], *REFUSED[message["status"]], kept)
            elif refused is None:
                await send(message)

        await super().__call__(scope, receive, sent)
        if refused is not None:
            await error_answer(refused)(scope, receive, send)
