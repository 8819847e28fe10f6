"""Speed and memory, as ratios that are taken in one run.

    python -m benchmarks.speed

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
from typing import Dict, List, NamedTuple, Optional

import spacy

from . import epoch, viterbi
from .baselines import train_spacy_ner
from .corpus import Recipe, add_arguments, find_recipe
from .epoch import Training
from .inference import BARE, OURS, SPACY, read_words, time_inference
from .machine import format_line, format_table, make_parser, one_thread, run_fresh
from .turns import Turns

CONFIG = "static_features"
CONFIG_HELP = f"recipe in configs/, or a .cfg file (default: {CONFIG})"


class Effort(NamedTuple):
    """How much is measured.

    target_docs (Optional[int]): Docs that are tagged; None for all.
    rounds (int): Rounds of inference.
    decodings (int): Rounds of decoding.
    ner_steps (int): Batches that spaCy's `ner` is trained on.
    long_doc (int): Tokens of the long doc.
    """

    target_docs: Optional[int] = None
    rounds: int = 5
    decodings: int = 20
    ner_steps: int = 100
    long_doc: int = 100_000


QUICK = Effort(32, 1, 2, 2, 2000)


def show_epoch(training: Training, turns: Turns) -> float:
    """Evaluate, and print how long the epoch took.

    training (Training): The training, after the epoch.
    turns (Turns): Its blocks, and those of the bare LSTM.
    RETURNS (float): The ratio of the whole epoch, without the evaluation.
    """
    bare, steps = turns.total(epoch.BARE), turns.total(epoch.OURS)
    whole = training.reading + steps
    parts = {
        "bare LSTM, packed, random batches": bare,
        "corpus reading": training.reading,
        "steps": steps,
        "whole epoch": whole,
        "whole epoch and evaluation": whole + training.time_evaluation(),
    }
    rows = [[name, f"{s:.1f}", f"{s / bare:.2f}"] for name, s in parts.items()]
    blocks = turns.ratio(epoch.OURS, epoch.BARE)
    rows.append(["steps, median of blocks", "", f"{blocks:.2f}"])
    n_words = sum(training.lengths)
    print(format_table([f"training, {n_words:,} words", "s", "ratio"], rows))
    return whole / bare


def show_inference(turns: Turns, texts: List[List[str]]) -> None:
    """Print words a second.

    turns (Turns): What was measured.
    texts (List[List[str]]): The words of each doc.
    """
    n_words = sum(map(len, texts))
    rows = [
        [name, f"{n_words / turns.median(name):,.0f}", f"{turns.ratio(BARE, name):.2f}"]
        for name in (BARE, OURS, SPACY)
    ]
    print(format_table([f"inference, {len(texts):,} docs", "words/s", "ratio"], rows))


def show_rest(decoding: Turns, memory: Dict[str, float], n_tokens: int) -> None:
    """Print decoding times and memory.

    decoding (Turns): Seconds of a batch.
    memory (Dict[str, float]): MB of the long doc.
    n_tokens (int): Its length.
    """
    stock = viterbi.TORCHCRF
    rows = [
        [
            name,
            f"{1000 * decoding.median(name):.1f}",
            f"{decoding.ratio(stock, name):.2f}",
        ]
        for name in (stock, viterbi.OURS)
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
    training, blocks = epoch.time_epoch(recipe)
    values = {"train_ratio": show_epoch(training, blocks)}
    nlp = spacy.load(model) if model is not None else training.nlp
    texts = read_words(nlp, recipe.target)[: effort.target_docs]
    vectors = training.nlp.config.interpolate()["initialize"]["vectors"]
    ner = train_spacy_ner(recipe.train, vectors, effort.ner_steps)
    turns = time_inference(nlp, ner, texts, effort.rounds)
    show_inference(turns, texts)
    decoding = viterbi.time_viterbi(effort.decodings)
    with tempfile.TemporaryDirectory() as folder:
        nlp.to_disk(folder)
        target, n_tokens = recipe.target.resolve(), effort.long_doc
        memory = run_fresh("long_doc", folder, target, "--tokens", n_tokens)
    show_rest(decoding, memory, n_tokens)
    return values | {
        "inference_ratio": turns.ratio(BARE, OURS),
        "viterbi_ratio": decoding.ratio(viterbi.TORCHCRF, viterbi.OURS),
        "long_doc_mb": memory["long_doc_mb"],
    }


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("speed", __doc__)
    add_arguments(parser)
    parser.add_argument("--config", default=CONFIG, metavar="NAME", help=CONFIG_HELP)
    parser.add_argument("--model", type=Path, help="trained pipeline for inference")
    args = parser.parse_args()
    one_thread()
    recipe = find_recipe(args, args.config, {})
    print(format_line(measure(recipe, QUICK if args.quick else Effort(), args.model)))


if __name__ == "__main__":
    main()
