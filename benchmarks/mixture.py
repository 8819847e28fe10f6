"""What the gate and the experts of trained pipelines do.

    python -m benchmarks.mixture MODEL ... --corpus dev.spacy target/test.spacy

Of each pipeline with experts and each corpus:

gate       how often, in percent of the tokens, the gate's largest weight lies on the
           expert of the gold entity type; `tags` is how often the decoded tag has it
entities   the same two of the tokens inside gold entities
largest    the mean of the largest weight: 1 if the gate always picks one expert
F1         entity F1 with the gate as it was trained; with equal weights for all
           experts (`even`); and with the whole weight on the gold type (`gold`), which
           no real tagger can have

And of each pipeline, how far the experts' emissions lie apart: the distance of an
expert's matrix from the mean of all, divided by the size of that mean (`spread`, 0 if
all are one), and the mean cosine of two experts.

Gold tells here what a mixture would be worth, after the fact. Nothing is chosen by it.
"""

import argparse
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any, List, NamedTuple, Optional, Tuple

import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus
from torch import Tensor
from torch.nn.functional import cosine_similarity, one_hot

from spacy_moee.experiments.counts import spacy_counts, sum_counts
from spacy_moee.networks.experts import ExpertMixture

from .machine import format_table, one_thread

HEADER = ["pipeline", "gate", "tags", "gate entities", "tags entities", "largest"]
HEADER += ["F1", "F1 even", "F1 gold"]
# a logit that takes all the weight
CERTAIN = 50.0


class Pass(NamedTuple):
    """One reading of a corpus.

    f1 (float): Entity F1 in percent.
    gate (Tensor): The gate's weights, as it was trained, shape [tokens, experts].
    gold (Tensor): The gold category of each token, shape [tokens]; 0 is O.
    found (Tensor): The category of the decoded tag, shape [tokens].
    """

    f1: float
    gate: Tensor
    gold: Tensor
    found: Tensor


def mixture_of(nlp: Language) -> Tuple[ExpertMixture, List[str]]:
    """Find the experts of a pipeline.

    nlp (Language): The pipeline.
    RETURNS (Tuple[ExpertMixture, List[str]]): The layer, and the entity types.
    RAISES (SystemExit): If there are none.
    """
    pipe: Any = nlp.get_pipe("moee_ner")
    layer = getattr(pipe.model.shims[0].module, "recognition", None)
    if not isinstance(layer, ExpertMixture):
        raise SystemExit(f"✘ {nlp.path} has no experts")
    return layer, list(pipe.labels)


def read(nlp: Language, path: Path, gate: Optional[str]) -> Pass:
    """Tag a corpus doc by doc, with another gate or the own one.

    nlp (Language): The pipeline.
    path (Path): The corpus.
    gate (Optional[str]): "even", "gold", or None for the own.
    RETURNS (Pass): What came out.
    RAISES (SystemExit): If a doc is read in several windows.
    """
    layer, labels = mixture_of(nlp)
    seen: List[Tensor] = []
    forced: Optional[Tensor] = None

    def force(module: Any, inputs: Any, logits: Tensor) -> Optional[Tensor]:
        seen.append(logits.softmax(dim=2)[0])
        return forced

    examples = list(Corpus(path)(nlp))
    gold, found = [], []
    hook = layer.gate.register_forward_hook(force)
    try:
        for example in examples:
            gold.append(_categories(example.reference, labels))
            if gate == "even":
                forced = torch.zeros(1, len(example.predicted), len(labels) + 1)
            elif gate == "gold":
                forced = CERTAIN * one_hot(gold[-1], len(labels) + 1)[None].float()
            example.predicted = nlp(example.predicted)
            found.append(_categories(example.predicted, labels))
    finally:
        hook.remove()
    if [len(part) for part in seen] != [len(part) for part in gold if len(part)]:
        raise SystemExit(f"✘ {path} has a doc that is longer than a window")
    f1 = sum_counts(spacy_counts(examples)).f1
    return Pass(f1, torch.cat(seen), torch.cat(gold), torch.cat(found))


def _categories(doc: Doc, labels: List[str]) -> Tensor:
    numbers = {"": 0, **{label: n for n, label in enumerate(labels, start=1)}}
    return torch.tensor([numbers[token.ent_type_] for token in doc])


def measure(nlp: Language, path: Path) -> List[float]:
    """Measure one corpus.

    nlp (Language): The pipeline.
    path (Path): The corpus.
    RETURNS (List[float]): The numbers of a row of the table.
    """
    own = read(nlp, path, None)
    inside = own.gold > 0
    row = []
    for tokens in (torch.ones_like(inside), inside):
        for guess in (own.gate.argmax(dim=1), own.found):
            row.append(100 * float((guess == own.gold)[tokens].float().mean()))
    row.append(float(own.gate.amax(dim=1).mean()))
    return [*row, own.f1, *(read(nlp, path, gate).f1 for gate in ("even", "gold"))]


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
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mixture",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    args = parser.parse_args()
    one_thread()
    apart: List[List[Any]] = []
    rows: List[List[Any]] = []
    for number, model in enumerate(args.models, start=1):
        nlp = spacy.load(model)
        print(f"Pipeline {number}: {model}", flush=True)
        spread, cosine = compare_experts(mixture_of(nlp)[0])
        apart.append([number, spread, cosine])
        rows += [[number, path, *measure(nlp, path)] for path in args.corpus]
    for path in args.corpus:
        of_path = [row[2:] for row in rows if row[1] == path]
        print(f"\n{path}")
        means = [mean(column) for column in zip(*of_path, strict=True)]
        named = [*enumerate(of_path, start=1), ("mean", means)]
        print(format_table(HEADER, [_cells(name, *row) for name, row in named]))
    print(format_table(["experts", "spread", "cosine"], [_cells(*x) for x in apart]))


def _cells(name: object, *values: float) -> List[str]:
    return [str(name), *(f"{value:.2f}" for value in values)]


if __name__ == "__main__":
    main()
