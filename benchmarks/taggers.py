"""What the taggers that describe entity types cost.

    python -m benchmarks.taggers --data DIR

concept_ratio  seconds of one epoch of `concept` (the corpus read, steps, and the
               evaluation that ends it), divided by those of BiLSTM-CRF: the recipe
               --config without detection and experts.
robust_ratio   the same of `robust`.

One thread. The three take turns, block by block, so that a busy machine slows all of
them down. Nothing is saved.
"""

import time
from itertools import islice
from typing import Any, Dict, List, Tuple

from spacy_moee.errors import MoeeError

from .corpus import add_arguments, prepare
from .epoch import BLOCK, Training, start_training
from .machine import describe, format_line, format_table, make_parser, one_thread

BASE = "BiLSTM-CRF"
PLAIN = {
    "components.moee_ner.model.detection": False,
    "components.moee_ner.model.experts": False,
}
QUICK_DOCS = 96


def time_epochs(runs: Dict[str, Training]) -> Dict[str, float]:
    """Train one epoch of each, and evaluate.

    runs (Dict[str, Training]): The runs by name, before their first step.
    RETURNS (Dict[str, float]): Seconds by name.
    """
    seconds = {name: run.reading for name, run in runs.items()}
    left = list(runs)
    while left:
        for name in list(left):
            started = time.perf_counter()
            if not sum(1 for _ in islice(runs[name].steps, BLOCK)):
                left.remove(name)
            seconds[name] += time.perf_counter() - started
    for name, run in runs.items():
        started = time.perf_counter()
        run.evaluate()
        seconds[name] += time.perf_counter() - started
    return seconds


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("taggers", __doc__)
    add_arguments(parser, config="static_frozen")
    parser.add_argument("--quick", action="store_true", help="a small slice: no result")
    args = parser.parse_args()
    one_thread()
    print(describe())
    limits = dict.fromkeys(("corpora.train.limit", "corpora.dev.limit"), QUICK_DOCS)
    # the recipe of each system, and what changes in it
    systems: Dict[str, Tuple[str, Dict]] = {
        BASE: (args.config, PLAIN),
        "concept": ("concept", {}),
        "robust": ("robust", {}),
    }
    runs: Dict[str, Training] = {}
    for name, (config, changes) in systems.items():
        extra = {**changes, **(limits if args.quick else {})}
        try:
            recipe = prepare(args.data, config, args.vectors, args.output, extra)
            runs[name] = start_training(recipe, extra)
        except MoeeError as error:
            raise SystemExit(f"✘ {error}") from None
    seconds = time_epochs(runs)
    rows: List[List[Any]] = [
        [name, f"{value:.1f}", f"{value / seconds[BASE]:.2f}"]
        for name, value in seconds.items()
    ]
    words = sum(runs[BASE].lengths)
    print(format_table([f"one epoch, {words:,} words", "s", "ratio"], rows))
    ratios = {name: value / seconds[BASE] for name, value in seconds.items()}
    del ratios[BASE]
    print(format_line({f"{name}_ratio": value for name, value in ratios.items()}))


if __name__ == "__main__":
    main()
