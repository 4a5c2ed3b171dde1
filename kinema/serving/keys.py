"""Keys that callers must show, where a server asks for them."""

import hashlib
import hmac
from pathlib import Path

from starlette.requests import HTTPConnection

from kinema.errors import KinemaError

COOKIE = "kinema_key"  # of the page: a video element and server-sent events cannot send a header


class Keys:
    """The keys in a file, one a line (# begins a remark); without a file everybody may ask."""

    def __init__(self, path: Path | None) -> None:
        self.digests: tuple[bytes, ...] = ()
        if path is None:
            return
        try:
            lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise KinemaError(f"The keys in {path} cannot be read: {error}.") from None
        self.digests = tuple(digest(line) for line in lines if line)
        if not self.digests:
            raise KinemaError(f"{path} holds no key; expected one a line, such as the output of"
                              " `openssl rand -hex 24`.")

    def fits(self, key: str) -> bool:
        """Whether a key is one of them; it takes as long to say no as to say yes."""
        shown = digest(key)
        return any([hmac.compare_digest(shown, known) for known in self.digests])

    def lets_in(self, request: HTTPConnection) -> bool:
        """Whether a request shows a key, or needs none."""
        if not self.digests:
            return True
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        shown = bearer if scheme.lower() == "bearer" else request.headers.get("x-api-key", request.cookies.get(COOKIE))
        return shown is not None and self.fits(shown.strip())


def digest(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()
