"""What stands between the network and the application: which requests are let in, how
long they may be, and the headers of every response."""

from ipaddress import ip_address
from typing import Collection, Optional
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import make_problem

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TOO_LARGE = "The body has more than {limit:,} bytes. Send a shorter text."


class Guard:
    """Middleware that lets in what comes from this server's own page, or from a
    program.

    app (ASGIApp): The application.
    hosts (Collection[str]): Names by which the server may be addressed, beside
        localhost and IP addresses: with any other, the page of somebody else could be
        talking to it (DNS rebinding).
    max_body (int): The most bytes of a body.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], max_body: int) -> None:
        self.app = app
        self.hosts = {"localhost", *(host.lower() for host in hosts)}
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        n_bytes = 0

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        async def receive_in_limit() -> Message:
            # the length that a header declares may be missing
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.max_body:
                raise HTTPException(413, TOO_LARGE.format(limit=self.max_body))
            return message

        refusal = self._refuse(scope["method"], Headers(scope=scope))
        app = refusal or self.app
        await app(scope, receive_in_limit, send_with_headers)

    def _refuse(self, method: str, headers: Headers) -> Optional[Response]:
        host = headers.get("host", "")
        if not self._is_known(host):
            return make_problem(
                400,
                "The server does not know itself by the name in the header Host. Use "
                "its IP address, or start it with --allow-host NAME.",
            )
        if method not in ("GET", "HEAD"):
            if not _is_same_origin(host.lower(), headers):
                return make_problem(
                    403, "The request comes from a page of another site."
                )
            length = headers.get("content-length", "")
            if length.isdecimal() and int(length) > self.max_body:
                return make_problem(413, TOO_LARGE.format(limit=self.max_body))
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if method == "POST" and kind != "application/json":
                return make_problem(
                    415, "Send JSON, with the header Content-Type: application/json."
                )
        return None

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self.hosts or _is_address(name)


def _is_same_origin(host: str, headers: Headers) -> bool:
    # programs send neither of these headers, and browsers one at least
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.lower().partition("://")[2] == host


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
