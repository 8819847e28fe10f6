"""One page, served to this computer's browser."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# the page has its styles in it, and nothing else
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Handler(BaseHTTPRequestHandler):
    """Answers with the page, and prints no line for each request."""

    server: "PageServer"
    server_version, sys_version = "spacy-moee", ""

    def do_GET(self) -> None:
        """Send the page."""
        if self._send_head():
            self.wfile.write(self.server.page)

    def do_HEAD(self) -> None:
        """Send what comes before it."""
        self._send_head()

    def log_message(self, format: str, *args: Any) -> None:
        """Do nothing."""

    def _send_head(self) -> bool:
        if self.path != "/":
            self.send_error(404)
            return False
        self.send_response(200)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.page)))
        self.end_headers()
        return True


class PageServer(ThreadingHTTPServer):
    """A server of one page. It has threads since browsers open connections that they do
    not use, and no WSGI since that lets Ctrl-C pass in the middle of a request.

    page (bytes): The page, in HTML.
    host (str): The address that it listens on.
    port (int): The port; 0 for any that is free, which `server_port` names.
    RAISES (OSError): If it can't listen there.
    """

    def __init__(self, page: bytes, host: str, port: int) -> None:
        self.page = page
        super().__init__((host, port), Handler)
