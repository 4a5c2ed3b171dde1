"""A web server on this machine that gives files, breaks off, and takes uploads as the Hugging Face Hub does."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Server(ThreadingHTTPServer):
    """Gives `files` by path. `breaks` is how many answers break off; `asked` are the ranges that were asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.breaks, self.ranges = 0, True
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def found(self) -> bytes | None:
        path = self.path.partition("?")[0]
        return self.server.files.get(re.sub(r"/resolve/[^/]+/", "/", path))

    def do_HEAD(self) -> None:
        self.give(head=True)

    def do_GET(self) -> None:
        if self.path.startswith("/api/"):
            return self.say({"id": "owner/name", "sha": "0" * 40, "siblings": []})
        self.server.asked.append(self.headers.get("Range"))
        self.give()

    def give(self, head: bool = False) -> None:
        content = self.found()
        if content is None:
            return self.send_error(404)
        start = 0
        if self.server.ranges and (asked := re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")):
            start = int(asked[1])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()
        if head:
            return None
        if self.server.breaks:
            self.server.breaks -= 1
            self.wfile.write(content[start : start + (len(content) - start) // 2])
            self.close_connection = True
            self.connection.close()
            return None
        self.wfile.write(content[start:])
        return None

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b"".join(self.chunks())
        if self.path.endswith("/repos/create"):
            return self.say({"url": f"{self.server.url}/owner/name", "name": "owner/name", "id": "owner/name"})
        if self.path.endswith("/validate-yaml"):  # the heading of a model card
            return self.say({"errors": [], "warnings": []})
        if "/preupload/" in self.path:
            way = {"uploadMode": "regular", "shouldIgnore": False}
            return self.say({"files": [{"path": file["path"], **way} for file in json.loads(body)["files"]]})
        for line in filter(None, body.split(b"\n")):
            part = json.loads(line)
            if part["key"] == "file":
                name = re.search(r"/api/models/([^/]+/[^/]+)/commit", self.path)
                assert name
                self.server.files[f"/{name[1]}/{part['value']['path']}"] = base64.b64decode(part["value"]["content"])
        return self.say({"commitUrl": f"{self.server.url}/owner/name/commit/{'0' * 40}", "commitOid": "0" * 40})

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def say(self, values: Any) -> None:
        content = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving() -> Iterator[Server]:
    """A server that runs."""
    with Server() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
