"""What a pipeline forgets while it learns from corrections, with and without rehearsal.

    python -m benchmarks.forgetting MODEL --source CORPUS --target FILE.spacy

CORPUS is a folder with the train.spacy and test.spacy that the pipeline was trained on
and scored on before; FILE.spacy has sentences of another domain, of which some are
picked at random and learned as corrections. The rows of the table are

before     the pipeline as it is
corrected  `nlp.update` on the corrections, in random order
rehearsed  the same, and after each batch `nlp.rehearse` on as many sentences of
           train.spacy, without their gold

and its columns are F1 on test.spacy and on the sentences of the target that were not
picked: mean and sample deviation over the seeds. Optimizer and dropout are those of the
pipeline's config, and the averages of the weights are scored, as `spacy train` does.
"""

import random
from pathlib import Path
from statistics import mean
from typing import Dict, Iterator, List, NamedTuple, Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import minibatch
from thinc.api import Optimizer, fix_random_seed

from .machine import format_line, format_mean, format_table, make_parser, one_thread

BEFORE = "before"
CORRECTED, REHEARSED = WAYS = "corrected", "rehearsed"


class F1(NamedTuple):
    """Percent. source (float): Of the domain before. target (float): Of the other."""

    source: float
    target: float


class Setting(NamedTuple):
    """How long and on how much. sentences (int): The corrections. epochs (int): How
    often each is read. batch (int): Sentences of an update, and of a rehearsal."""

    sentences: int
    epochs: int
    batch: int


class Corpora(NamedTuple):
    """Gold docs. train (List[Doc]), test (List[Doc]): Of the source domain. target
    (List[Doc]): Of the other."""

    train: List[Doc]
    test: List[Doc]
    target: List[Doc]

    @classmethod
    def read(cls, nlp: Language, source: Path, target: Path) -> "Corpora":
        """Read the files, for the vocabulary of a pipeline."""
        paths = source / "train.spacy", source / "test.spacy", target
        return cls(*([*DocBin().from_disk(p).get_docs(nlp.vocab)] for p in paths))


def make_examples(nlp: Language, docs: Sequence[Doc], gold: bool) -> List[Example]:
    """Make examples of the tokens of gold docs.

    nlp (Language): The pipeline.
    docs (Sequence[Doc]): The docs.
    gold (bool): Whether they have the gold.
    RETURNS (List[Example]): The examples, with docs of their own.
    """
    found = []
    for doc in docs:
        words, spaces = zip(*((t.text, bool(t.whitespace_)) for t in doc), strict=True)
        predicted, blank = (Doc(nlp.vocab, [*words], [*spaces]) for _ in range(2))
        found.append(Example(predicted, doc if gold else blank))
    return found


def score(nlp: Language, test: Sequence[Doc], target: Sequence[Doc]) -> F1:
    """Score a pipeline on both domains. RETURNS (F1): The scores."""
    parts = (make_examples(nlp, docs, gold=True) for docs in (test, target))
    return F1(*(100 * nlp.evaluate(part)["ents_f"] for part in parts))


def correct(
    nlp: Language, picked: List[Doc], train: List[Doc], way: str, setting: Setting
) -> Optimizer:
    """Learn from corrections.

    nlp (Language): The pipeline.
    picked (List[Doc]): The corrections.
    train (List[Doc]): What it was trained on.
    way (str): One of `WAYS`.
    setting (Setting): How long and on how much.
    RETURNS (Optimizer): Has the averages of the weights.
    """
    optimizer = nlp.resume_training()
    drop = nlp.config.interpolate()["training"]["dropout"]
    for _ in range(setting.epochs):
        for batch in _shuffled(picked, setting.batch):
            nlp.update(make_examples(nlp, batch, True), drop=drop, sgd=optimizer)
            if way == REHEARSED:
                old = random.sample(train, len(batch))
                nlp.rehearse(make_examples(nlp, old, False), sgd=optimizer)
    return optimizer


def _shuffled(docs: List[Doc], size: int) -> Iterator[List[Doc]]:
    yield from minibatch(random.sample(docs, len(docs)), size)


def measure(
    model: Path, source: Path, target: Path, setting: Setting, seed: int
) -> Dict[str, F1]:
    """Correct a pipeline in each way, with the same corrections.

    model (Path): The pipeline's folder.
    source (Path): A folder with train.spacy and test.spacy.
    target (Path): A .spacy file.
    setting (Setting): How long and on how much.
    seed (int): What picks the corrections, and orders them.
    RETURNS (Dict[str, F1]): By row of the table.
    """
    found: Dict[str, F1] = {}
    for way in WAYS:
        nlp = spacy.load(model)
        train, test, docs = Corpora.read(nlp, source, target)
        fix_random_seed(seed)
        random.shuffle(docs)
        picked, rest = docs[: setting.sentences], docs[setting.sentences :]
        if not found:
            found[BEFORE] = score(nlp, test, rest)
        optimizer = correct(nlp, picked, train, way, setting)
        with nlp.use_params(optimizer.averages):
            found[way] = score(nlp, test, rest)
        print(f"seed {seed}, {way}: {found[way]}", flush=True)
    return found


def main() -> None:
    """Read the command line, measure, print the table and the last line."""
    parser = make_parser("forgetting", __doc__)
    parser.add_argument("model", type=Path, help="a trained pipeline")
    parser.add_argument("--source", type=Path, required=True, help="folder")
    parser.add_argument("--target", type=Path, required=True, help=".spacy file")
    parser.add_argument("--sentences", type=int, default=200, help="corrections")
    parser.add_argument("--epochs", type=int, default=5, help="how often each is read")
    parser.add_argument("--batch", type=int, default=8, help="sentences of an update")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    one_thread()
    setting = Setting(args.sentences, args.epochs, args.batch)
    places = args.model, args.source, args.target
    runs = [measure(*places, setting, seed) for seed in args.seeds]
    rows = [
        [way, *map(format_mean, zip(*(run[way] for run in runs), strict=True))]
        for way in runs[0]
    ]
    print(format_table(["F1", "source", "target"], rows))
    lost = {w: mean(run[BEFORE].source - run[w].source for run in runs) for w in WAYS}
    print(format_line({f"{way}_lost": value for way, value in lost.items()}))


if __name__ == "__main__":
    main()
