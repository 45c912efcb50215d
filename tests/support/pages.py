"""A small web server on this machine whose pages a test writes, and that remembers who came."""

import http.server
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What a path is answered with; the body is HTML unless the headers say otherwise."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class WebServer:
    """Its pages by path, and who came so far: connections, requests, and what was sent to prove who one is."""

    host: str
    pages: dict[str, Answer] = field(default_factory=dict)
    connections: int = 0
    requests: list[str] = field(default_factory=list)
    credentials: set[str] = field(default_factory=set)

    def url(self, path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://{self.host}{path}"


@contextmanager
def serving(pages: Mapping[str, Answer], tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """The server until the end of the block; a path that is not among ``pages`` is a page of its name."""
    served = WebServer("")
    served.pages.update(pages)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            path = urlsplit(self.path).path
            served.requests.append(f"{self.command} {self.path}")
            served.credentials.add(self.headers.get("Authorization", ""))
            answer = served.pages.get(path, Answer(f"<title>{path}</title>{path}"))
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "text/html", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def verify_request(self, *_: object) -> bool:
            served.connections += 1
            return True

        def handle_error(self, *_: object) -> None:
            """Browsers hang up in the middle; that is their right."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    served.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
