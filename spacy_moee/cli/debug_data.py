"""`python -m spacy moee debug-data`: the entities in a config's training data."""

import warnings
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, Iterable, List, Optional, Tuple

import typer
from typer import Argument
from wasabi import MESSAGES, msg

from ..errors import MoeeError
from . import app

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

    from ..insight.findings import Finding
    from ..insight.statistics import Statistics

# fmt: off
ConfigPath = Annotated[Path, Argument(metavar="CONFIG", help="The training config", exists=True, dir_okay=False)]  # noqa: E501
# fmt: on
# docs to read from a corpus that is streamed
STREAMED = 10_000


@app.command(
    "debug-data",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def debug_data_cli(ctx: typer.Context, config_path: ConfigPath) -> None:
    """
    Show the entities in the training data of a config, and problems with them. For all
    other checks there is `spacy debug data`, which checks entities only for a
    component of the factory "ner". Override values of the config as for `spacy train`,
    such as --paths.train FILE. The exit code is 1 if training is not possible.
    """
    from spacy.cli._util import parse_config_overrides, show_validation_error

    overrides = parse_config_overrides(ctx.args)
    with show_validation_error(config_path):
        debug_data(config_path, overrides)


def debug_data(config_path: Path, overrides: Dict[str, Any]) -> None:
    """Read the data, and print counts and findings."""
    from spacy.cli.debug_data import NEW_LABEL_THRESHOLD

    from ..insight import findings
    from ..insight.statistics import collect

    with warnings.catch_warnings(record=True) as caught:
        # they are printed below, each once
        warnings.simplefilter("always")
        nlp, problem = initialize(config_path, overrides)
    train_examples, dev_examples = read_corpora(nlp, config_path, problem is None)
    taggers = {
        name: nlp.get_pipe(name)
        for name in nlp.component_names
        if nlp.get_pipe_meta(name).factory == "moee_ner"
    }
    cuts = [pipe.model.attrs["segments"] for pipe in taggers.values()]  # type: ignore
    train = collect("train", train_examples, cuts)
    dev = collect("dev", dev_examples, cuts)
    counts_before = dict(msg.counts)
    msg.divider("Corpora")
    show(findings.judge_corpora(train, dev))
    msg.divider("Entities")
    rows = findings.type_rows(train, dev)
    msg.table(rows, header=findings.HEADER, divider=True, aligns=("l", "r", "r"))
    show(findings.judge_types(train, dev, NEW_LABEL_THRESHOLD))
    msg.divider("Annotation")
    show(findings.judge_annotation(train, dev))
    msg.divider("Case and words")
    show(findings.judge_case(train, dev))
    if problem is None:
        show_words(nlp, train_examples)
    msg.divider("Training")
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        msg.warn(text)
    show_training(train, taggers, problem)
    summarize(counts_before)


def initialize(
    config_path: Path, overrides: Dict[str, Any]
) -> Tuple["Language", Optional[Exception]]:
    """Initialize the pipeline as `spacy train` does. Returns it, and the error if it
    can't be initialized. Raises M717, if there is no pipeline."""
    from spacy.training.initialize import init_nlp
    from spacy.util import load_config, load_model_from_config
    from thinc.api import ConfigValidationError

    config = load_config(config_path, overrides=overrides, interpolate=False)
    try:
        return init_nlp(config), None
    except ConfigValidationError:
        raise
    except Exception as error:  # training would fail with it
        problem = error
    try:
        return load_model_from_config(config, auto_fill=True), problem
    except Exception as error:
        raise MoeeError("M717", config=config_path, problem=error) from error


def read_corpora(
    nlp: "Language", config_path: Path, is_initialized: bool
) -> List[List["Example"]]:
    """Read the training and development corpora as training does. Raises M716."""
    from spacy.util import resolve_dot_names

    from ..extensions import is_raw
    from ..training.documents import read_once

    config = nlp.config.interpolate()
    training = config["training"]
    corpora = []
    for key in ("train_corpus", "dev_corpus"):
        name = training[key]
        try:
            (corpus,) = resolve_dot_names(config, [name])
            # raw text has nothing to be counted
            examples = (eg for eg in read_once(corpus)(nlp) if not is_raw(eg.predicted))
            if training["max_epochs"] == -1:
                examples = islice(examples, STREAMED)
            examples = list(examples)
            for example in examples:
                # invalid tags raise an error here
                assert example.reference.ents is not None
        except Exception as error:  # a custom reader can raise anything
            raise MoeeError(
                "M716", corpus=name, config=config_path, problem=error
            ) from error
        if is_initialized:
            annotate(nlp, examples, training["annotating_components"])
        corpora.append(examples)
    return corpora


def annotate(nlp: "Language", examples: List["Example"], names: List[str]) -> None:
    """Run the annotating components of training: they may set sentence starts."""
    docs: Iterable[Any] = [example.predicted for example in examples]
    for name in names:
        docs = list(nlp.get_pipe(name).pipe(docs))  # type: ignore[attr-defined]
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc


def show_words(nlp: "Language", examples: List["Example"]) -> None:
    """Print the words without a vector."""
    from ..insight.findings import judge_words
    from ..insight.statistics import count_words
    from ..models.lookups import find_lookups

    lookups = find_lookups(nlp)
    if not lookups.is_any:
        msg.info("No component reads word vectors")
        return
    docs = (example.predicted for example in examples)
    show([judge_words(count_words(docs, lookups.of, nlp.vocab.vectors))])


def show_training(
    train: "Statistics", taggers: Dict[str, Any], problem: Optional[Exception]
) -> None:
    """Print whether training is possible."""
    from ..insight.findings import judge_labels
    from ..models.wrapper import needs_description

    if not taggers:
        msg.warn("The pipeline has no component of the factory 'moee_ner'")
    if problem is not None:
        msg.fail(f"The pipeline can't be initialized: {problem}")
        return
    unknown = [
        finding
        for name, pipe in taggers.items()
        for finding in judge_labels(
            train, name, pipe.labels, needs_description(pipe.model)
        )
    ]
    show(unknown)
    if not unknown:
        msg.good("The pipeline can be initialized, and knows the types of train")


def show(findings: Iterable["Finding"]) -> None:
    """Print findings."""
    for level, text in findings:
        getattr(msg, level)(text)


def summarize(before: Dict[str, int]) -> None:
    """Print the number of findings, as `spacy debug data` does. Exits with code 1 after
    an error."""
    msg.divider("Summary")
    counts = {level: n - before.get(level, 0) for level, n in msg.counts.items()}
    for level, one, many in (
        (MESSAGES.GOOD, "check passed", "checks passed"),
        (MESSAGES.WARN, "warning", "warnings"),
        (MESSAGES.FAIL, "error", "errors"),
    ):
        n = counts.get(level, 0)
        if n:
            getattr(msg, level)(f"{n} {one if n == 1 else many}")
    if counts.get(MESSAGES.FAIL):
        raise typer.Exit(1)
