"""What an epoch of some recipes takes, beside that of another one.

    python -m benchmarks.recipes COMPARISON ...

taggers  the taggers that describe entity types: `concept` and `robust` beside
         BiLSTM-CRF, which is `static_frozen` without detection and experts. The first
         epoch, with the corpus read.
encoder  a frozen encoder, once it has run: `bert_frozen` beside `static_features`. The
         third epoch: the encoder has read the docs to learn from in the first one, and
         kept those of the evaluation in the second.

The last line has the seconds of that epoch, each with the evaluation that ends it,
divided by those of the recipe beside. One thread. Nothing is saved.
"""

from functools import partial
from typing import Any, Dict, List, NamedTuple

from .corpus import Recipe, add_arguments, find_recipe
from .epoch import Training
from .machine import format_line, format_table, make_parser, one_thread
from .turns import take_turns

PLAIN = {
    "components.moee_ner.model.detection": False,
    "components.moee_ner.model.experts": False,
}


class Comparison(NamedTuple):
    """What is compared.

    recipes (Dict[str, Dict]): Recipes, the base first, and what changes in them.
    epochs (int): How many; the last one counts.
    """

    recipes: Dict[str, Dict[str, Any]]
    epochs: int


COMPARISONS = {
    "taggers": Comparison({"static_frozen": PLAIN, "concept": {}, "robust": {}}, 1),
    "encoder": Comparison({"static_features": {}, "bert_frozen": {}}, 3),
}


def time_epochs(recipes: Dict[str, Recipe], epochs: int) -> List[Dict[str, float]]:
    """Train each recipe.

    recipes (Dict[str, Recipe]): The recipes by name.
    epochs (int): How long.
    RETURNS (List[Dict[str, float]]): Seconds of each epoch and of the evaluation that
        ends it, by name. The first one includes the reading of the corpus.
    """
    runs = {name: Training(recipe, epochs) for name, recipe in recipes.items()}
    seconds: List[Dict[str, float]] = []
    for epoch in range(epochs):
        steps = take_turns({n: partial(x.time_block, epoch) for n, x in runs.items()})
        ends = take_turns({n: x.time_evaluation for n, x in runs.items()}, rounds=1)
        found = {name: steps.total(name) + ends.total(name) for name in runs}
        seconds.append(found)
    return [{n: s + runs[n].reading for n, s in seconds[0].items()}, *seconds[1:]]


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("recipes", __doc__)
    parser.add_argument("comparisons", nargs="+", choices=COMPARISONS)
    add_arguments(parser)
    args = parser.parse_args()
    one_thread()
    ratios: Dict[str, float] = {}
    for comparison in args.comparisons:
        changes, epochs = COMPARISONS[comparison]
        recipes = {n: find_recipe(args, n, extra) for n, extra in changes.items()}
        base, *compared = recipes
        seconds = time_epochs(recipes, epochs)
        rows = [
            [f"{name}, epoch {number}", f"{value:.1f}", f"{value / found[base]:.2f}"]
            for number, found in enumerate(seconds, start=1)
            for name, value in found.items()
        ]
        print(format_table([f"{comparison}, with evaluation", "s", "ratio"], rows))
        last = seconds[-1]
        ratios |= {f"{name}_ratio": last[name] / last[base] for name in compared}
    print(format_line(ratios))


if __name__ == "__main__":
    main()
