"""What the parts of trained pipelines do: detection, the gate, the experts.

    python -m benchmarks.parts MODEL ... --corpus source/dev.spacy target/test.spacy

Of each pipeline and each corpus, in percent:

F1         entity F1; with equal weights for all experts (`even`); and with the whole
           weight on the expert of the gold type (`gold`), which no real tagger can have
borders    F1 if the types did not count: of the tags, and of the detection head
gate       how many tokens have their largest weight on the expert of their gold type;
           `tags`: how many have a tag of that type. Once more of the tokens inside
           gold entities
largest    the mean of the largest weight: 100 if the gate always picks one expert

And of each pipeline with experts, how far their emissions lie apart: the distance of
an expert's matrix from the mean of all, divided by the size of that mean (`spread`, 0
if all are one), and the mean cosine of two experts.

Gold tells here what a part would be worth, after the fact. Nothing is chosen by it.
"""

from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any, List, Optional, Set, Tuple

import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from torch.nn.functional import cosine_similarity

from spacy_moee.evaluation.counts import Counts, spacy_counts, sum_counts
from spacy_moee.networks.experts import ExpertMixture
from spacy_moee.scheme import spans

from .machine import format_table, make_parser, one_thread
from .reading import Reading, mixture_of, read

HEADER = ["pipeline", "F1", "F1 even", "F1 gold", "borders", "detection"]
HEADER += ["gate", "tags", "gate inside", "tags inside", "largest"]
Row = List[Optional[float]]
Borders = Set[Tuple[int, int]]


def measure(nlp: Language, path: Path) -> Row:
    """Measure one corpus.

    nlp (Language): The pipeline.
    path (Path): The corpus.
    RETURNS (Row): The numbers of a row of the table; None for parts that the pipeline
        does not have.
    """
    own = read(nlp, path)
    row: Row = [_f1(own), None, None, *_borders(own)]
    tags = _agreement(own.found, own.gold)
    if own.weights is None:
        return [*row, None, tags[0], None, tags[1], None]
    row[1:3] = [_f1(read(nlp, path, gate)) for gate in ("even", "gold")]
    gate = _agreement(own.weights.argmax(dim=1), own.gold)
    pairs = [x for pair in zip(gate, tags, strict=True) for x in pair]
    return [*row, *pairs, 100 * float(own.weights.amax(dim=1).mean())]


def _f1(reading: Reading) -> float:
    return sum_counts(spacy_counts(reading.examples)).f1


def _borders(reading: Reading) -> Tuple[float, Optional[float]]:
    """F1 without types: of the tags, and of the detection head, if there is one."""
    gold = [_ents(example.reference) for example in reading.examples]
    found = _overlap(gold, [_ents(example.predicted) for example in reading.examples])
    if reading.detected is None:
        return found, None
    heads = [spans(path)[:2] for path in reading.detected]
    pairs = [set(zip(*map(list, head), strict=True)) for head in heads]
    return found, _overlap(gold, pairs)


def _ents(doc: Doc) -> Borders:
    return {(ent.start, ent.end) for ent in doc.ents}


def _overlap(gold: List[Borders], found: List[Borders]) -> float:
    correct = sum(len(a & b) for a, b in zip(gold, found, strict=True))
    return Counts(correct, sum(map(len, found)), sum(map(len, gold))).f1


def _agreement(guess: torch.Tensor, gold: torch.Tensor) -> Tuple[float, float]:
    """In percent: of all tokens, and of those inside gold entities."""
    same = (guess == gold).float()
    return 100 * float(same.mean()), 100 * float(same[gold > 0].mean())


def compare_experts(layer: ExpertMixture) -> Tuple[float, float]:
    """Measure how the experts differ in what they make the tags of.

    layer (ExpertMixture): The experts.
    RETURNS (Tuple[float, float]): Spread, and mean cosine.
    """
    with torch.no_grad():
        emissions = torch.matmul(layer.output.weight, layer.weight)
        # what is added to all tags alike changes nothing
        emissions = (emissions - emissions.mean(dim=1, keepdim=True)).flatten(1)
        middle = emissions.mean(dim=0)
        spread = (emissions - middle).norm(dim=1).mean() / middle.norm()
        pairs = combinations(emissions, 2)
        cosine = mean(float(cosine_similarity(a, b, dim=0)) for a, b in pairs)
    return float(spread), cosine


def main() -> None:
    """Read the command line, measure, print."""
    parser = make_parser("parts", __doc__)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    args = parser.parse_args()
    one_thread()
    apart: List[List[str]] = []
    rows: List[Tuple[Path, Row]] = []
    for number, model in enumerate(args.models, start=1):
        nlp = spacy.load(model)
        print(f"Pipeline {number}: {model}", flush=True)
        layer = mixture_of(nlp)
        if layer is not None:
            apart.append(_cells(number, *compare_experts(layer)))
        rows += [(path, measure(nlp, path)) for path in args.corpus]
    for path in args.corpus:
        of_path = [row for of, row in rows if of == path]
        means = [_mean(column) for column in zip(*of_path, strict=True)]
        named = [*enumerate(of_path, start=1), ("mean", means)]
        print(f"\n{path}")
        print(format_table(HEADER, [_cells(name, *row) for name, row in named]))
    if apart:
        print(format_table(["experts of", "spread", "cosine"], apart))


def _mean(values: Any) -> Optional[float]:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _cells(name: object, *values: Optional[float]) -> List[str]:
    return [str(name), *("-" if x is None else f"{x:.2f}" for x in values)]


if __name__ == "__main__":
    main()
