"""`python -m spacy moee serve`: a page to try a pipeline, and JSON for programs."""

import os
import socket
import sys
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, List, Optional

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError
from . import app, load_pipeline, show_warning

if TYPE_CHECKING:
    from spacy.language import Language

# fmt: off
Model = Annotated[str, Argument(metavar="MODEL", help="Trained pipeline: a folder, or the name of a package")]  # noqa: E501
Host = Annotated[str, Option("--host", help="Address to listen at; 0.0.0.0 lets other machines in")]  # noqa: E501
Port = Annotated[int, Option("--port", "-p", min=0, max=65535, help="Port, or 0 for any that is free")]  # noqa: E501
Length = Annotated[int, Option("--max-length", min=1, help="The most characters of a text")]  # noqa: E501
Names = Annotated[Optional[List[str]], Option("--allow-host", metavar="NAME", help="Name by which browsers may address the server, beside localhost and IP addresses; may be given several times")]  # noqa: E501
Code = Annotated[Optional[Path], Option("--code", "-c", exists=True, dir_okay=False, help="Python file with functions that the pipeline needs")]  # noqa: E501
GpuOpt = Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")]
# fmt: on
PACKAGES = ("fastapi", "uvicorn")
# seconds that texts which are being read get when the server is stopped
GRACE = 3


@app.command("serve")
def serve_cli(
    model: Model,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    max_length: Length = 1_000_000,
    allow_host: Names = None,
    code: Code = None,
    gpu_id: GpuOpt = -1,
) -> None:
    """
    Serve a page to try a pipeline: paste a text, and see its entities, how sure they
    are and what else they could be. Programs post JSON to /api/entities, which
    /openapi.json describes. Texts are not kept. Ctrl-C stops the server.
    """
    from spacy.cli._util import import_code

    from ..devices import use_device
    from .evaluate import check_finds_entities

    check_packages()
    # before seconds of loading, not after
    with listen(host, port) as server:
        use_device(gpu_id)
        import_code(code)
        nlp = load_pipeline(model)
        check_finds_entities(nlp, model)
        nlp.max_length = max_length
        if not is_local(host):
            show_warning("MW76", host=host)
        msg.good(f"{make_url(host, server)} serves {model}")
        msg.text("Stop it with Ctrl-C.")
        is_reading = run(nlp, server, [host, *(allow_host or [])])
    msg.text("Stopped.")
    if is_reading:
        # a thread can't be stopped, and Python would wait for it
        sys.stdout.flush()
        os._exit(0)


def check_packages() -> None:
    """See that there is a web server. Raises M760."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise MoeeError("M760", package=package)


def listen(host: str, port: int) -> socket.socket:
    """Open the port. Raises M761."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        # Python adds the address to what the system says
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")
        raise MoeeError("M761", host=host, port=port, reason=reason[0]) from error


def is_local(host: str) -> bool:
    """RETURNS (bool): Whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_url(host: str, server: socket.socket) -> str:
    """Write what to type into a browser on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{server.getsockname()[1]}"


def run(nlp: "Language", server: socket.socket, hosts: List[str]) -> bool:
    """Answer until Ctrl-C. Returns whether a text is still being read."""
    from uvicorn import Config, Server

    from ..web.app import make_app

    web = make_app(nlp, max_length=nlp.max_length, hosts=hosts)
    config = Config(
        web,
        # errors are the application's to log: uvicorn would repeat their messages
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    try:
        Server(config).run(sockets=[server])
    except KeyboardInterrupt:
        pass
    return web.state.turns.active > 0
