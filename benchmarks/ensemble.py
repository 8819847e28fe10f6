"""What an ensemble costs: its time and its size, beside those of its members.

    python -m benchmarks.ensemble MODEL MODEL ... --corpus FILE.spacy

time_ratio  seconds of `nlp.pipe` of the ensemble, divided by those of the first member,
            on the same docs in turns: the median of the rounds. Without anything
            shared it is about the number of members.
size_ratio  bytes on disk of the ensemble, divided by those of the first member.

One thread.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import Dict, List

import spacy

from spacy_moee.cli.prune_vectors import mb, size_of
from spacy_moee.models.joining import join_pipelines
from spacy_moee.models.membership import MemberPipeline

from .inference import WARM_UP, read_arguments, read_words, time_pipe
from .machine import format_line, format_table, one_thread
from .turns import take_turns

FIRST, ENSEMBLE = "first member", "ensemble"


def compare(
    models: List[Path], corpus: Path, limit: int, rounds: int
) -> Dict[str, float]:
    """Make an ensemble, save it, load it, and let it take turns with its first member.

    models (List[Path]): Trained pipelines, whose component is named moee_ner.
    corpus (Path): A .spacy file.
    limit (int): How many docs; 0 for all.
    rounds (int): How often.
    RETURNS (Dict[str, float]): Both ratios.
    """
    members = [MemberPipeline(str(x), spacy.load(x), "moee_ner") for x in models]
    shared = join_pipelines(members).shared
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        members[0].nlp.to_disk(path)
        sizes = {FIRST: size_of(models[0]), ENSEMBLE: size_of(path)}
        pipelines = {FIRST: spacy.load(models[0]), ENSEMBLE: spacy.load(path)}
    texts = read_words(pipelines[FIRST], corpus)[: limit or None]
    for nlp in pipelines.values():
        time_pipe(nlp, texts[:WARM_UP])
    turns = take_turns(
        {name: partial(time_pipe, nlp, texts) for name, nlp in pipelines.items()},
        rounds,
    )
    words = sum(map(len, texts))
    header = [f"{len(models)} members", "words/s", "on disk"]
    rows = [
        [name, f"{words / turns.median(name):,.0f}", mb(sizes[name])] for name in sizes
    ]
    print(format_table(header, rows))
    for name, users in shared.items():
        print(f"{name}: {len(users)} of {len(models)} members")
    return {
        "time_ratio": turns.ratio(ENSEMBLE, FIRST),
        "size_ratio": sizes[ENSEMBLE] / sizes[FIRST],
    }


def main() -> None:
    """Read the command line, measure, print a line."""
    args = read_arguments("ensemble", __doc__, rounds=5)
    one_thread()
    ratios = compare(args.models, args.corpus, args.limit, args.rounds)
    print(format_line(ratios))


if __name__ == "__main__":
    main()
