"""`python -m spacy moee fasttext`: fastText vectors of a corpus."""

from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError
from . import app, fail

# fmt: off
Source = Annotated[Path, Argument(metavar="CORPUS", help="A .spacy file, a folder of .spacy files, or a text file with one sentence a line and spaces between the words")]  # noqa: E501
Target = Annotated[Path, Argument(metavar="OUTPUT", help="The .bin file to write")]
Lowercase = Annotated[bool, Option("--lowercase/--no-lowercase", help="Lower-case the words, as the recipe fasttext_frozen expects it")]  # noqa: E501
Dim = Annotated[int, Option("--dim", min=1, help="Dimensions of the vectors")]
Epoch = Annotated[int, Option("--epoch", min=1, help="How often the corpus is read")]
Lr = Annotated[float, Option("--lr", min=0, help="Learning rate. If the training fails because a number gets too large, half the rate is tried, up to 4 times")]  # noqa: E501
MinCount = Annotated[int, Option("--min-count", min=1, help="How often a word has to occur to get a vector of its own")]  # noqa: E501
MinN = Annotated[int, Option("--minn", min=1, help="Characters of the shortest n-gram")]
MaxN = Annotated[int, Option("--maxn", min=1, help="Characters of the longest n-gram")]
Bucket = Annotated[int, Option("--bucket", min=1, help="Rows for n-grams, at least: fastText starts badly with fewer than nine for each word, or with 32 MB in all")]  # noqa: E501
Threads = Annotated[int, Option("--thread", min=1, help="Threads. With more than one, two runs give two results")]  # noqa: E501
ConfigOpt = Annotated[Optional[Path], Option("--config", "-c", exists=True, dir_okay=False, help="Check first that this training config reads the output, and reads it so")]  # noqa: E501
# fmt: on


@app.command("fasttext")
def fasttext_cli(
    corpus_path: Source,
    output_path: Target,
    lowercase: Lowercase = True,
    dim: Dim = 300,
    epoch: Epoch = 100,
    lr: Lr = 0.05,
    min_count: MinCount = 1,
    minn: MinN = 3,
    maxn: MaxN = 6,
    bucket: Bucket = 200_000,
    thread: Threads = 1,
    config: ConfigOpt = None,
) -> None:
    """
    Train fastText vectors on the text of a corpus, for a config to name in its
    [nlp.vectors] block. Every word gets a vector, known or not. The defaults
    suit a small corpus; fastText's own are --dim 100 --epoch 5 --min-count 5
    --bucket 2000000.
    """
    if minn > maxn:
        raise typer.BadParameter(f"{minn} is more than --maxn", param_hint="--minn")
    if config is not None:
        check_config(config, output_path, lowercase)
    train(
        corpus_path,
        output_path,
        lowercase=lowercase,
        learn_rate=lr,
        min_count=min_count,
        dim=dim,
        epoch=epoch,
        minn=minn,
        maxn=maxn,
        bucket=bucket,
        thread=thread,
    )


def check_config(config: Path, output_path: Path, lowercase: bool) -> None:
    """End with an error if a training config would use other vectors, or would look
    up words in another case than they have."""
    from spacy.util import load_config

    block = load_config(config)["nlp"].get("vectors", {})
    expected = {
        "@vectors": "spacy_moee.FastTextVectors.v1",
        "path": str(output_path),
        "lowercase": lowercase,
    }
    for key, value in expected.items():
        found = block.get(key)
        if found != value:
            fail(MoeeError("M234", config=config, key=key, found=found, expected=value))


def train(corpus_path: Path, output_path: Path, **settings: Any) -> None:
    """Train, save, say what was learned."""
    from ..embeddings.fasttext.train import train_vectors

    try:
        n_words, bucket = train_vectors(corpus_path, output_path, **settings)
    except MoeeError as err:
        fail(err)
    msg.info(f"{bucket:,} rows for n-grams")
    msg.good(f"{n_words:,} words, {settings['dim']} dimensions: {output_path}")
