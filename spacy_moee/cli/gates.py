"""`python -m spacy moee gates`: which experts speak for each token of a text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app, find_components, load_pipeline

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# fmt: off
Model = Annotated[str, Argument(metavar="MODEL", help="Trained pipeline: a folder, or the name of a package")]  # noqa: E501
Text = Annotated[str, Argument(metavar="TEXT", help="The text, or - to read it from the standard input")]  # noqa: E501
Output = Annotated[Optional[Path], Option("--output", "-o", dir_okay=False, help="File for the picture, which ends in .html, .svg or .png. By default a page is served until Ctrl-C")]  # noqa: E501
Vmax = Annotated[float, Option("--vmax", help="Weight from which on all colours are the same; 0.35 is the paper's")]  # noqa: E501
Port = Annotated[int, Option("--port", "-p", min=0, max=65535, help="Port of the page; 0 for any that is free")]  # noqa: E501
# fmt: on
HOST = "127.0.0.1"
STDIN = "-"


@app.command("gates")
def gates_cli(
    model: Model,
    text: Text,
    output: Output = None,
    vmax: Vmax = 1.0,
    port: Port = 5000,
) -> None:
    """
    Draw the weight that the gate gives to each expert, for every token of a text, with
    the tag that is predicted: the paper's Figure 2. The pipeline needs a moee_ner whose
    network has experts. Without --output, a page is served on this computer only.
    """
    from ..insight.gates import check_vmax, render_gates

    check_vmax(vmax)
    style: Any = "html" if output is None else find_style(output)
    text = read_text(text)
    doc = read_gates(load_pipeline(model), model, text)
    picture = render_gates(doc, style, vmax=vmax, page=style == "html", jupyter=False)
    data = picture if isinstance(picture, bytes) else picture.encode("utf8")
    if output is None:
        serve(data, port)
        return
    from ..files import write_all

    with os_errors("M734"):
        write_all([(output, data)])
    msg.good(f"Saved: {output}")


def find_style(output: Path) -> str:
    """What a file's name says that it is. Raises M756."""
    from ..insight.gates import STYLES

    style = output.suffix.lower().removeprefix(".")
    if style not in STYLES:
        expected = ", ".join(f".{x}" for x in STYLES)
        raise MoeeError("M756", file=output, expected=expected)
    return style


def read_text(text: str) -> str:
    """The text itself, or the standard input. Raises M757."""
    try:
        if text == STDIN:
            text = typer.get_binary_stream("stdin").read().decode("utf8")
        # bytes of the command line that are none of UTF-8 are surrogates
        text.encode("utf8")
    except UnicodeError as error:
        raise MoeeError("M757", found=error) from error
    if not text.strip():
        raise MoeeError("M757", found="an empty text")
    return text


def read_gates(nlp: "Language", model: str, text: str) -> "Doc":
    """Read a text, and write the gates whatever the config says. Raises M757 and
    M758."""
    if len(text) > nlp.max_length:
        found = f"{len(text):,} characters (the pipeline reads {nlp.max_length:,})"
        raise MoeeError("M757", found=found)
    names = find_components(nlp)
    for name in names:
        pipe: Any = nlp.get_pipe(name)
        pipe.gates = True
    if not names:
        found = f"no moee_ner among its components ({', '.join(nlp.pipe_names)})"
        raise MoeeError("M758", model=model, found=found)
    doc = nlp(text)
    if doc._.moee_gates is None:
        found = f"a network without experts ({', '.join(names)})"
        raise MoeeError("M758", model=model, found=found)
    return doc


def serve(page: bytes, port: int) -> None:
    """Serve a page until Ctrl-C. Raises M759."""
    from ..insight.serving import PageServer

    with os_errors("M759", port=port), PageServer(page, HOST, port) as server:
        address = f"http://{HOST}:{server.server_port}"
        try:
            typer.echo(f"Serving on {address} (Ctrl-C to stop)")
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("Stopped.")
