"""What a frozen encoder costs, once it has run.

    python -m benchmarks.encoder --data DIR

encoder_ratio  seconds of the third epoch of `bert_frozen` (steps and the evaluation
               that ends it), divided by those of `static_features`: the encoder has
               read the docs to learn from in the first epoch, and kept those of the
               evaluation in the second. These two are shown beside it.

One thread. In the third epoch the two take turns, block by block, so that a busy
machine slows both down. Nothing is saved.
"""

import time
from itertools import islice
from typing import Any, Dict, List

from spacy_moee.errors import MoeeError

from .corpus import Recipe, add_arguments, prepare
from .epoch import BLOCK, Training, start_training
from .machine import describe, format_line, format_table, make_parser, one_thread

BASE = "static_features"
QUICK_DOCS = 96


class Clock:
    """A training run and the seconds of its epochs.

    training (Training): The run, before its first step.
    """

    def __init__(self, training: Training) -> None:
        self.training = training
        self.seconds: List[float] = [0.0, 0.0, 0.0]

    def run_epoch(self, number: int) -> None:
        """Run an epoch up to the first step of the next.

        number (int): Its number, from 0.
        """
        started = time.perf_counter()
        for epoch in self.training.steps:
            if epoch > number:
                break
        self.training.evaluate()
        self.seconds[number] = time.perf_counter() - started

    def run_block(self) -> bool:
        """Run some steps of the third epoch.

        RETURNS (bool): Whether there were any.
        """
        started = time.perf_counter()
        n_steps = sum(1 for _ in islice(self.training.steps, BLOCK))
        self.seconds[2] += time.perf_counter() - started
        return bool(n_steps)

    def run_evaluation(self) -> None:
        """Evaluate, as at the end of the third epoch."""
        started = time.perf_counter()
        self.training.evaluate()
        self.seconds[2] += time.perf_counter() - started


def measure(recipes: List[Recipe], extra: Dict[str, Any]) -> float:
    """Train three epochs of each recipe, and print the table.

    recipes (List[Recipe]): The base, and the recipe that is compared with it.
    extra (Dict[str, Any]): Overrides that make them quick.
    RETURNS (float): The ratio of the third epochs.
    """
    clocks = [Clock(start_training(recipe, extra, max_epochs=3)) for recipe in recipes]
    for clock in clocks:
        clock.run_epoch(0)
        clock.run_epoch(1)
    unfinished = clocks
    while unfinished:
        unfinished = [clock for clock in unfinished if clock.run_block()]
    for clock in clocks:
        clock.run_evaluation()
    rows = []
    for recipe, clock in zip(recipes, clocks, strict=True):
        for name, seconds, base in zip(
            ("first", "second", "third"), clock.seconds, clocks[0].seconds, strict=True
        ):
            rows.append(
                [f"{recipe.name}, {name}", f"{seconds:.1f}", f"{seconds / base:.2f}"]
            )
    print(format_table(["epoch and evaluation", "s", "ratio"], rows))
    return clocks[1].seconds[2] / clocks[0].seconds[2]


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("encoder", __doc__)
    add_arguments(parser, config="bert_frozen")
    parser.add_argument("--quick", action="store_true", help="a small slice: no result")
    args = parser.parse_args()
    one_thread()
    print(describe())
    limits = ("corpora.train.limit", "corpora.dev.limit")
    extra = dict.fromkeys(limits, QUICK_DOCS) if args.quick else {}
    try:
        recipes = [
            prepare(args.data, name, args.vectors, args.output, {})
            for name in (BASE, args.config)
        ]
    except MoeeError as error:
        raise SystemExit(f"✘ {error}") from None
    print(format_line({"encoder_ratio": measure(recipes, extra)}))


if __name__ == "__main__":
    main()
