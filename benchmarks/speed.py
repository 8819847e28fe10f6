"""Speed and memory, as ratios that are taken in one run.

    python -m benchmarks.speed --data DIR

train_ratio      seconds of one whole epoch of the recipe (the corpus read, batches
                 made, `nlp.update` and the optimizer, in spaCy's own loop), divided by
                 those of a bare `torch.nn.LSTM` of the same sizes: packed, forward and
                 backward over random batches of 32 of the same sentences. Without
                 the evaluation; a row shows the ratio with it. Nothing is saved.
inference_ratio  words/s of `nlp.pipe` over the target's docs, which hold words alone,
                 divided by those of a bare padded `torch.nn.LSTM`, forward over batches
                 of 32 sorted by length. The pipeline is the epoch's, or --model.
                 spaCy's own `ner` with the same vectors is timed beside it.
viterbi_ratio    how many times faster the batched decoding is than torchcrf's: batch
                 256, length 50, 9 tags, Python lists out of both.
long_doc_mb      how far the peak of the memory rises while one doc of 100,000 tokens
                 without sentence starts is tagged, in a fresh process.

One thread. Whatever is compared takes turns, so that a busy machine slows both down.
"""

import tempfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import spacy

from spacy_moee.errors import MoeeError

from .baselines import train_spacy_ner
from .corpus import Recipe, add_arguments, prepare
from .epoch import EpochTimes, time_epoch
from .inference import BARE, OURS, SPACY, Rounds, read_words, time_inference
from .long_doc import run_fresh
from .machine import describe, format_line, format_table, make_parser, one_thread
from .viterbi import ViterbiTimes, time_viterbi

CONFIG = "static_features"


class Effort(NamedTuple):
    """How much is measured.

    train_docs (int): Docs of the epoch; 0 for all.
    target_docs (Optional[int]): Docs that are tagged; None for all.
    rounds (int): Rounds of inference.
    decodings (int): Rounds of decoding.
    ner_steps (int): Batches that spaCy's `ner` is trained on.
    long_doc (int): Tokens of the long doc.
    """

    train_docs: int = 0
    target_docs: Optional[int] = None
    rounds: int = 5
    decodings: int = 20
    ner_steps: int = 100
    long_doc: int = 100_000


QUICK = Effort(128, 32, 1, 2, 2, 2000)


def show_epoch(times: EpochTimes) -> None:
    """Print how long the epoch took.

    times (EpochTimes): What was measured.
    """
    bare, updates = sum(times.bare), sum(times.updates)
    rows: List[List[Any]] = [
        ["bare LSTM, packed, random batches", f"{bare:.1f}", "1.00"],
        ["corpus reading", f"{times.reading:.1f}", f"{times.reading / bare:.2f}"],
        ["steps", f"{updates:.1f}", f"{updates / bare:.2f}"],
        ["whole epoch", f"{updates + times.reading:.1f}", f"{times.ratio:.2f}"],
        [
            "whole epoch and evaluation",
            f"{updates + times.reading + times.evaluation:.1f}",
            f"{times.ratio_evaluated:.2f}",
        ],
        ["steps, median of blocks", "", f"{times.ratio_of_blocks:.2f}"],
    ]
    print(format_table([f"training, {times.words:,} words", "s", "ratio"], rows))


def show_inference(rounds: Rounds, n_docs: int) -> None:
    """Print words a second.

    rounds (Rounds): What was measured.
    n_docs (int): The number of docs.
    """
    rows = [
        [name, f"{rounds.median(name):,.0f}", f"{rounds.ratio(name):.2f}"]
        for name in (BARE, OURS, SPACY)
    ]
    print(format_table([f"inference, {n_docs:,} docs", "words/s", "ratio"], rows))


def show_rest(viterbi: ViterbiTimes, memory: Dict[str, float], n_tokens: int) -> None:
    """Print decoding times and memory.

    viterbi (ViterbiTimes): Seconds of a batch.
    memory (Dict[str, float]): MB of the long doc.
    n_tokens (int): Its length.
    """
    rows = [
        ["torchcrf.CRF.decode", f"{1000 * viterbi.torchcrf:.1f}", "1.00"],
        ["batched decoding", f"{1000 * viterbi.ours:.1f}", f"{viterbi.ratio:.2f}"],
    ]
    print(format_table(["decoding, 256 x 50, 9 tags", "ms", "times faster"], rows))
    rows = [
        ["the doc itself, made before", f"{memory['doc_mb']:.0f}"],
        ["added at the peak while it is tagged", f"{memory['long_doc_mb']:.0f}"],
    ]
    print(format_table([f"one doc of {n_tokens:,} tokens", "MB"], rows))


def measure(recipe: Recipe, effort: Effort, model: Optional[Path]) -> Dict[str, float]:
    """Measure everything and print the tables.

    recipe (Recipe): The recipe.
    effort (Effort): How much is measured.
    model (Optional[Path]): A trained pipeline, to be used after the epoch.
    RETURNS (Dict[str, float]): The values of the last line.
    """
    limits = dict.fromkeys(
        ("corpora.train.limit", "corpora.dev.limit"), effort.train_docs
    )
    nlp, epoch = time_epoch(recipe, limits if effort.train_docs else {})
    show_epoch(epoch)
    if model is not None:
        nlp = spacy.load(model)
    target = recipe.corpus / "target" / "test.spacy"
    texts = read_words(nlp, target)[: effort.target_docs]
    train = recipe.corpus / "source" / "train.spacy"
    ner = train_spacy_ner(train, recipe.vectors, effort.ner_steps)
    rounds = time_inference(nlp, ner, texts, effort.rounds)
    show_inference(rounds, len(texts))
    viterbi = time_viterbi(effort.decodings)
    with tempfile.TemporaryDirectory() as folder:
        nlp.to_disk(folder)
        memory = run_fresh(Path(folder), target, effort.long_doc)
    show_rest(viterbi, memory, effort.long_doc)
    return {
        "train_ratio": epoch.ratio,
        "inference_ratio": rounds.ratio(OURS),
        "viterbi_ratio": viterbi.ratio,
        "long_doc_mb": memory["long_doc_mb"],
    }


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("speed", __doc__)
    add_arguments(parser, config=CONFIG)
    parser.add_argument("--model", type=Path, help="trained pipeline for inference")
    parser.add_argument("--quick", action="store_true", help="a small slice: no result")
    args = parser.parse_args()
    one_thread()
    print(describe())
    try:
        recipe = prepare(args.data, args.config, args.vectors, args.output, {})
    except MoeeError as error:
        raise SystemExit(f"✘ {error}") from None
    print(format_line(measure(recipe, QUICK if args.quick else Effort(), args.model)))


if __name__ == "__main__":
    main()
