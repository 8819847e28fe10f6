"""One page, served to this computer's browser."""

from typing import Any, Callable, Dict, Iterable, List, Tuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.simple_server import make_server as make_wsgi_server

# the page has its styles in it, and nothing else
HEADERS: List[Tuple[str, str]] = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "
     "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]  # fmt: skip


class QuietHandler(WSGIRequestHandler):
    """Prints no line for each request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Do nothing."""


def make_server(page: bytes, host: str, port: int) -> WSGIServer:
    """Make a server of one page.

    page (bytes): The page, in HTML.
    host (str): The address that it listens on.
    port (int): The port; 0 for any that is free.
    RETURNS (WSGIServer): The server, whose `server_port` is the port.
    RAISES (OSError): If it can't listen there.
    """

    def answer(environ: Dict[str, Any], start: Callable) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/":
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Not found"]
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start("405 Method Not Allowed", [("Allow", "GET, HEAD")])
            return [b""]
        start("200 OK", [*HEADERS, ("Content-Length", str(len(page)))])
        return [page if environ["REQUEST_METHOD"] == "GET" else b""]

    return make_wsgi_server(host, port, answer, handler_class=QuietHandler)
