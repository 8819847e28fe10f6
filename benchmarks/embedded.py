"""What a pipeline loses that carries its fastText vectors along, pruned and halved.

    python -m benchmarks.embedded --data DIR

embedded_difference  F1 on the target of a pipeline that reads its vectors from a .bin
                     file, less that of the same pipeline saved with `embed = true` and
                     `prune = true`, loaded in a fresh process with the .bin file gone.

The vectors are trained on the source's training text, 300 dimensions wide; the recipe
is `fasttext_frozen`, seed 0. Other arguments with a dot, such as
`--initialize.after_init.max_epochs 3`, go to `spacy train`.
"""

from pathlib import Path
from typing import Any, Dict, List

import spacy
from spacy.cli._util import parse_config_overrides

from spacy_moee.errors import MoeeError
from spacy_moee.files import hash_of

from .corpus import Recipe, add_arguments, build_once, prepare
from .machine import describe, format_line, format_table, make_parser, one_thread
from .runs import evaluate_fresh, run_seed

VECTORS = "source.bin"
SETTINGS: Dict[str, Any] = {
    "lowercase": True,
    "learn_rate": 0.05,
    "min_count": 1,
    "dim": 300,
    "bucket": 200_000,
    "epoch": 20,
    "minn": 3,
    "maxn": 6,
    "thread": 1,
}
QUICK = {"dim": 8, "epoch": 1, "bucket": 1000}


def train_once(recipe: Recipe, output: Path, settings: Dict[str, Any]) -> Path:
    """Train fastText vectors on the source's training text, unless that was done.

    recipe (Recipe): The recipe, for its corpus.
    output (Path): Where everything goes.
    settings (Dict[str, Any]): The arguments of the training.
    RETURNS (Path): The .bin file.
    """
    from spacy_moee.embeddings.fasttext.train import train_vectors

    folder = output.resolve() / "fasttext" / hash_of(recipe.corpus.name, settings)
    corpus = recipe.corpus / "source" / "train.spacy"
    build_once(
        folder, lambda draft: print(train_vectors(corpus, draft / VECTORS, **settings))
    )
    return folder / VECTORS


def embed(model: Path, output: Path) -> None:
    """Save a pipeline again, with its vectors.

    model (Path): The pipeline.
    output (Path): The folder to write.
    """
    changes = {"nlp.vectors.embed": True, "nlp.vectors.prune": True}
    spacy.load(model, config=changes).to_disk(output)


def measure(
    recipe: Recipe, data: Path, folder: Path, vectors: Path, extra: List[str]
) -> float:
    """Train, embed, evaluate, and print the table.

    recipe (Recipe): The recipe.
    data (Path): The corpus folder.
    folder (Path): Where the pipelines go.
    vectors (Path): The .bin file; it is out of the way for a moment.
    extra (List[str]): More arguments of `spacy train`.
    RETURNS (float): The difference of F1 on the target.
    """
    reference = run_seed(recipe, 0, data=data, folder=folder, extra=extra)
    model = folder / "embedded"
    embed(folder / "model-best", model)
    hidden = vectors.with_suffix(".away")
    vectors.rename(hidden)
    try:
        carried = evaluate_fresh(recipe, model, data, folder / "embedded.json")
    finally:
        hidden.rename(vectors)
    rows = []
    for name, result, file in (
        ("reads the .bin file", reference, vectors),
        ("carries its vectors", carried, model / "vocab" / "fasttext.vectors"),
    ):
        scores = [f"{result[domain]['f1']:.2f}" for domain in ("source", "target")]
        rows.append([name, *scores, f"{file.stat().st_size / 2**20:.0f}"])
    print(format_table(["pipeline", "source F", "target F", "vectors, MB"], rows))
    return reference["target"]["f1"] - carried["target"]["f1"]


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("embedded", __doc__)
    add_arguments(parser, config="fasttext_frozen")
    parser.add_argument("--quick", action="store_true", help="small vectors: no result")
    args, extra = parser.parse_known_args()
    one_thread()
    print(describe())
    settings = {**SETTINGS, **(QUICK if args.quick else {})}
    try:
        overrides = parse_config_overrides(list(extra))
        recipe = prepare(args.data, args.config, args.vectors, args.output, overrides)
        vectors = train_once(recipe, args.output, settings)
    except MoeeError as error:
        raise SystemExit(f"✘ {error}") from None
    key = hash_of(recipe.key, vectors)
    folder = args.output.resolve() / "embedded" / key
    extra = [*extra, "--nlp.vectors.path", str(vectors)]
    difference = measure(recipe, args.data, folder, vectors, extra)
    print(format_line({"embedded_difference": difference}))


if __name__ == "__main__":
    main()
