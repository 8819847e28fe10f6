"""`python -m spacy moee fasttext`: fastText vectors of a corpus."""

from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError
from . import app

# fmt: off
Source = Annotated[Path, Argument(metavar="CORPUS", help="A .spacy file, a folder of .spacy files, or a text file with one sentence per line and spaces between the words")]  # noqa: E501
Target = Annotated[Path, Argument(metavar="OUTPUT", help="The .bin file to write")]
Lowercase = Annotated[bool, Option("--lowercase/--no-lowercase", help="Lower-case the words, as the recipe fasttext_frozen expects")]  # noqa: E501
Dim = Annotated[int, Option("--dim", min=1, help="Dimensions of the vectors")]
Epoch = Annotated[int, Option("--epoch", min=1, help="Passes over the corpus")]
Lr = Annotated[float, Option("--lr", min=0, help="Learning rate. If training fails because a number gets too large, it starts again with half the rate, up to 4 times")]  # noqa: E501
MinCount = Annotated[int, Option("--min-count", min=1, help="Minimum frequency of a word with a vector of its own")]  # noqa: E501
MinN = Annotated[int, Option("--minn", min=1, help="Characters of the shortest n-gram")]
MaxN = Annotated[int, Option("--maxn", min=1, help="Characters of the longest n-gram")]
Bucket = Annotated[int, Option("--bucket", min=1, help="Minimum number of rows for n-grams. There are more if needed: fastText starts badly with fewer than nine per word, or with less than 32 MB in all")]  # noqa: E501
Threads = Annotated[int, Option("--thread", min=1, help="Number of threads. With more than one, results differ between runs")]  # noqa: E501
ConfigOpt = Annotated[Optional[Path], Option("--config", "-c", exists=True, dir_okay=False, help="Check first that this training config uses the output, and the same case")]  # noqa: E501
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
    Train fastText vectors on the text of a corpus, for the [nlp.vectors] block of a
    config. Every word has a vector, known or unknown. The defaults suit a small corpus;
    fastText's own are --dim 100 --epoch 5 --min-count 5 --bucket 2000000.
    """
    if minn > maxn:
        raise typer.BadParameter(f"{minn} is more than --maxn", param_hint="--minn")
    if config is not None:
        check_config(config, output_path, lowercase)
    settings = {"dim": dim, "epoch": epoch, "bucket": bucket, "thread": thread}
    settings |= {"min_count": min_count, "minn": minn, "maxn": maxn}
    train(corpus_path, output_path, lowercase=lowercase, learn_rate=lr, **settings)


def check_config(config: Path, output_path: Path, lowercase: bool) -> None:
    """Raise M234 if a training config would use other vectors, or would look up words
    in another case."""
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
            raise MoeeError("M234", config=config, key=key, found=found, expected=value)


def train(corpus_path: Path, output_path: Path, **settings: Any) -> None:
    """Train and save vectors, and print their number."""
    from ..embeddings.fasttext.train import train_vectors

    n_words, bucket = train_vectors(corpus_path, output_path, **settings)
    msg.info(f"{bucket:,} rows for n-grams")
    msg.good(f"{n_words:,} words, {settings['dim']} dimensions: {output_path}")
