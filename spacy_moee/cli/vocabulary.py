"""`python -m spacy moee vocabulary`: the words that a training config predicts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import os_errors
from . import app

if TYPE_CHECKING:
    from ..training.mixed import MixedCorpus

# fmt: off
ConfigArg = Annotated[Path, Argument(metavar="CONFIG", exists=True, dir_okay=False, help="A training config whose train_corpus is spacy_moee.MixedCorpus.v1")]  # noqa: E501
Target = Annotated[Path, Argument(metavar="OUTPUT", help="The .jsonl file to write")]
MinCount = Annotated[int, Option("--min-count", min=1, help="Minimum frequency of a word of the raw text that does not occur in the annotated docs")]  # noqa: E501
# fmt: on


@app.command(
    "vocabulary",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def vocabulary_cli(
    ctx: typer.Context,
    config_path: ConfigArg,
    output_path: Target,
    min_count: MinCount = 5,
) -> None:
    """
    Write the words that a model learns to predict from raw text, by falling frequency:
    the frequent words of the raw text of a training config, and all words of its
    annotated docs, with every digit as 0. Override values of the config as for `spacy
    train`, such as --paths.train FILE. For a config without raw text nothing is
    written.
    """
    from spacy import util
    from spacy.cli._util import parse_config_overrides, show_validation_error

    overrides = parse_config_overrides(ctx.args)
    with show_validation_error(config_path):
        config = util.load_config(config_path, overrides=overrides, interpolate=True)
        corpus = find_corpus(config)
    if corpus is None:
        msg.info(f"{config_path} reads no raw text: {output_path} is not written")
    else:
        write(config, corpus, output_path, min_count)


def find_corpus(config: Any) -> "Optional[MixedCorpus]":
    """Find the training corpus of a config, if it has raw text."""
    from spacy.util import resolve_dot_names

    from ..training.mixed import MixedCorpus

    (corpus,) = resolve_dot_names(config, [config["training"]["train_corpus"]])
    return corpus if isinstance(corpus, MixedCorpus) else None


def write(
    config: Any, corpus: "MixedCorpus", output_path: Path, min_count: int
) -> None:
    """Write the vocabulary, and print its number of words."""
    from spacy.util import load_model_from_config

    from ..training.words import choose_words
    from ..vocabulary import write_vocabulary

    # the tokenizer of the pipeline, without its components
    nlp = load_model_from_config(
        {**config, "nlp": {**config["nlp"], "pipeline": []}, "components": {}},
        auto_fill=True,
    )
    counts = corpus.count_words(nlp)
    words = choose_words(counts, min_count)
    with os_errors("M614", file=output_path):
        write_vocabulary(output_path, words)
    msg.good(f"{len(words):,} words: {output_path}")
