"""`python -m spacy moee ...`: one file a command.

spaCy only loads the entry point, so this module mounts itself on spaCy's
command line. It is loaded at every `spacy` command: heavy imports belong
inside the commands.
"""

from typing import NoReturn

import typer
from spacy.cli import app as spacy_app

from ..errors import WARNINGS, MoeeError

app = typer.Typer(
    name="moee",
    help="Convert column files, build vectors, run experiments and read results.",
    no_args_is_help=True,
)


def fail(error: MoeeError) -> NoReturn:
    """Print a coded error, unwrapped, and end with exit code 1.

    error (MoeeError): The error.
    """
    typer.secho(f"\u2718 {error}", fg="red", err=True)
    raise typer.Exit(1) from None


def show_warning(code: str, **values: object) -> None:
    """Print a coded warning, unwrapped.

    code (str): A key of `WARNINGS`.
    **values: What the message names.
    """
    text = f"[{code}] {WARNINGS[code].format(**values)}"
    typer.secho(f"\u26a0 {text}", fg="yellow", err=True)


from . import compare, convert, fasttext, report, vectors  # noqa: E402, F401

spacy_app.add_typer(app, name="moee")
