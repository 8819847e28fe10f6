"""F1 on both domains: mean and deviation over seeds.

    python -m benchmarks.accuracy --data DIR --config NAME --seeds 0 1 2

Each seed is a `spacy train` of its own in `runs/NAME/<hash>/seed-N`. The best epoch
is the one on the source's dev set; that pipeline, and no other, is evaluated on both
test sets. The target decides nothing. A finished seed is not run again, unless the
config, the data, the overrides or the package's version changed. Other arguments with
a dot, such as `--initialize.after_init.max_epochs 3`, go to `spacy train`.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import mean, stdev
from typing import Any, Dict, List, Tuple

from spacy.cli._util import parse_config_overrides

from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.counts import Counts

from .corpus import add_arguments, prepare
from .machine import format_line, format_table, make_parser, one_thread
from .runs import run_seed

HEADER = ["seed", "dev F", "epoch", "src P", "src R", "src F"]
HEADER += ["tgt P", "tgt R", "tgt F", "min"]
Result = Dict[str, Any]


def parse_arguments() -> Tuple[argparse.Namespace, List[str]]:
    """Read the command line.

    RETURNS (Tuple[Namespace, List[str]]): The options, and the arguments that
        `spacy train` gets.
    """
    parser = make_parser("accuracy", __doc__, allow_abbrev=False)
    add_arguments(parser, config=None)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at once")
    parser.add_argument("--gpu-id", type=int, default=-1, help="-1 for the CPU")
    args, extra = parser.parse_known_args()
    wrong = [x for x in extra if x.startswith("--") and "." not in x.split("=")[0]]
    if wrong or (extra and not extra[0].startswith("--")):
        parser.error(f"unrecognized arguments: {' '.join(wrong or extra)}")
    return args, extra


def show_counts(results: List[Result]) -> None:
    """Print the counts, which spaCy and conlleval agreed on.

    results (List[Result]): The results of the seeds.
    """
    print("Entities as spaCy's scorer and conlleval count them, identically:")
    rows = []
    for result in results:
        for domain in ("source", "target"):
            counts = result[domain]["counts"]
            total = (sum(column) for column in zip(*counts.values(), strict=True))
            rows.append([f"{result['seed']} {domain}", *total])
    print(format_table(["seed", *Counts._fields], rows))


def show_types(results: List[Result]) -> None:
    """Print F1 of each entity type.

    results (List[Result]): The results of the seeds.
    """
    rows = []
    for domain in ("source", "target"):
        types = sorted({label for r in results for label in r[domain]["per_type_f1"]})
        for label in types:
            values = [r[domain]["per_type_f1"].get(label, 0.0) for r in results]
            rows.append(
                [f"{domain} {label}", f"{mean(values):.2f}", _deviation(values)]
            )
    print(format_table(["F1 by type", "mean", "deviation"], rows))


def show_seeds(results: List[Result]) -> Tuple[float, float]:
    """Print a row a seed, the means and the sample deviations.

    results (List[Result]): The results of the seeds.
    RETURNS (Tuple[float, float]): Mean F1 on the source's and the target's test set.
    """
    numbers = [_numbers(result) for result in results]
    names = [str(result["seed"]) for result in results]
    columns = list(zip(*numbers, strict=True))
    means = [mean(column) for column in columns]
    shown = zip([*names, "mean"], [*numbers, means], strict=True)
    rows = [[name, *map(_format, row)] for name, row in shown]
    rows.append(["deviation", *(_deviation(column) for column in columns)])
    print(format_table(HEADER, rows))
    return means[HEADER.index("src F") - 1], means[HEADER.index("tgt F") - 1]


def _numbers(result: Result) -> List[float]:
    scores = [
        result[domain][key]
        for domain in ("source", "target")
        for key in ("precision", "recall", "f1")
    ]
    return [result["dev_f1"], result["best_epoch"], *scores, result["minutes"]]


def _format(value: float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _deviation(values: Any) -> str:
    return f"{stdev(values):.2f}" if len(values) > 1 else "-"


def main() -> None:
    """Run what is not finished, then show everything."""
    args, extra = parse_arguments()
    seeds = list(dict.fromkeys(args.seeds))
    one_thread()
    try:
        recipe = prepare(
            args.data,
            args.config,
            args.vectors,
            args.output,
            parse_config_overrides(list(extra)),
        )
    except MoeeError as error:
        raise SystemExit(f"✘ {error}") from None
    folder = args.output.resolve() / recipe.name / recipe.key
    print(f"ℹ {recipe.path}, {len(seeds)} seed(s): {folder}")
    run = partial(run_seed, recipe, data=args.data, extra=extra, gpu_id=args.gpu_id)
    with ThreadPoolExecutor(max_workers=args.jobs) as pool:
        results = list(
            pool.map(lambda seed: run(seed, folder=folder / f"seed-{seed}"), seeds)
        )
    show_counts(results)
    show_types(results)
    source, target = show_seeds(results)
    print(format_line({"source_test_f1": source, "scitech_f1": target}))


if __name__ == "__main__":
    main()
