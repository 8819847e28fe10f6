"""`python -m spacy moee ...`: one file per command.

spaCy only loads the entry point, so this module mounts itself on spaCy's
command line. It is loaded at every `spacy` command: heavy imports belong
inside the commands.
"""

from typing import TYPE_CHECKING, Any, List, NoReturn, Optional

import typer
from spacy.cli import app as spacy_app
from typer.core import TyperGroup

from ..errors import WARNINGS, MoeeError

if TYPE_CHECKING:
    from spacy.language import Language


class Commands(TyperGroup):
    """A group of commands that print coded errors."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command. RETURNS (Any): Its result."""
        try:
            return super().invoke(ctx)
        except MoeeError as error:
            fail(error)


app = typer.Typer(
    name="moee",
    cls=Commands,
    help="Start a project, convert files, check data, run experiments, try models.",
    no_args_is_help=True,
)


def show_error(error: MoeeError) -> None:
    """Print a coded error, unwrapped.

    error (MoeeError): The error.
    """
    typer.secho(f"\u2718 {error}", fg="red", err=True)


def fail(error: MoeeError) -> NoReturn:
    """Print a coded error and exit with code 1.

    error (MoeeError): The error.
    """
    show_error(error)
    raise typer.Exit(1) from None


def find_components(nlp: "Language") -> List[str]:
    """Find the components of this package.

    nlp (Language): The pipeline.
    RETURNS (List[str]): The names of those that are made by the factory `moee_ner`.
    """
    names = nlp.pipe_names
    return [x for x in names if nlp.get_pipe_meta(x).factory == "moee_ner"]


def find_component(nlp: "Language", model: str, wanted: Optional[str]) -> str:
    """Choose a component of this package.

    nlp (Language): The pipeline.
    model (str): What it is called, for the message.
    wanted (Optional[str]): The name of the component; None for the only one.
    RETURNS (str): The name.
    RAISES (MoeeError): M735, if there is no such component, or more than one.
    """
    names = find_components(nlp)
    chosen = [name for name in names if wanted in (None, name)]
    if len(chosen) != 1:
        found = ", ".join(names) or "no moee_ner"
        raise MoeeError("M735", model=model, found=found, wanted=wanted or "one")
    return chosen[0]


def full_name(nlp: "Language") -> str:
    """Name a pipeline.

    nlp (Language): The pipeline.
    RETURNS (str): Its language, name and version.
    """
    return f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}"


def load_pipeline(model: str) -> "Language":
    """Load a trained pipeline.

    model (str): A folder, or the name of a package.
    RETURNS (Language): The pipeline.
    RAISES (MoeeError): M704, if it can't be loaded, or a more specific error.
    """
    import spacy

    try:
        return spacy.load(model)
    except MoeeError:
        raise
    except (OSError, ValueError, ImportError) as error:
        raise MoeeError("M704", model=model, problem=error) from error


def show_warning(code: str, **values: object) -> None:
    """Print a coded warning, unwrapped.

    code (str): A key of `WARNINGS`.
    **values: The values in the message.
    """
    text = f"[{code}] {WARNINGS[code].format(**values)}"
    typer.secho(f"\u26a0 {text}", fg="yellow", err=True)


from . import (  # noqa: E402
    calibrate,  # noqa: F401
    compare,  # noqa: F401
    convert,  # noqa: F401
    debug_data,  # noqa: F401
    distill,  # noqa: F401
    ensemble,  # noqa: F401
    evaluate,  # noqa: F401
    fasttext,  # noqa: F401
    gates,  # noqa: F401
    init,  # noqa: F401
    prune_vectors,  # noqa: F401
    report,  # noqa: F401
    serve,  # noqa: F401
    vectors,  # noqa: F401
    vocabulary,  # noqa: F401
)

spacy_app.add_typer(app, name="moee")
