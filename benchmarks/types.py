"""Many entity types: seconds and memory of an update and of prediction.

    python -m benchmarks.types [TYPES[:DOCS[:TOKENS]] ...]

Without arguments, 32 docs of 10 tokens with 4, 18, 100 and 200 types, and one doc of
two tokens with 1,000. Random words, one entity a doc, one thread, and a bare
`nlp.add_pipe("moee_ner")`. `200:1000:5` takes minutes and, with torchcrf's code, GB.

CRF loss      how many times longer torchcrf's own code takes for the loss of the same
              scores and its gradient
CRF best      and to find the best tags
update        seconds of `nlp.update` with the whole batch
prediction    seconds of `nlp.pipe`
ratio         how many times longer the same takes with torchcrf's code inside
first         MB that the first update adds at its peak, the optimizer's two moments
              of each weight included
later         MB that one more update adds, the gradients included
predict       MB that prediction adds

All that is compared takes turns in one process; the least of several rounds counts.
Memory is that of a fresh process, which does nothing else before.
"""

import argparse
import gc
import random
from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

import spacy
import torch
import torchcrf
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Optimizer
from torch import Tensor

from spacy_moee.experiments.run.memory import peak_mb, resident_mb
from spacy_moee.models.wrapper import network_of
from spacy_moee.networks.crf import CRF

from .long_doc import reset_peak
from .machine import format_line, format_table, make_parser, one_thread, run_fresh
from .turns import take_turns, timed

WORDS = 500
HEADER = ["types x docs x tokens", "CRF loss", "CRF best", "update", "ratio"]
HEADER += ["prediction", "ratio", "first MB", "later MB", "predict MB"]


class Case(NamedTuple):
    """What is measured. As an argument: the numbers, with colons between.

    types (int): Entity types.
    docs (int): Docs of a batch.
    tokens (int): Tokens of each.
    """

    types: int
    docs: int = 32
    tokens: int = 10

    def __str__(self) -> str:
        return ":".join(map(str, self))


CASES = [Case(4), Case(18), Case(100), Case(200), Case(1000, 1, 2)]


class TorchCRF(torchcrf.CRF):
    """torchcrf's own code under the names that the network calls: it is its own chain,
    and its decoding knows no constraint."""

    def nll(self, emissions: Tensor, gold: Tensor, mask: Tensor, *_: object) -> Tensor:
        """As `Chain.nll`, of known gold."""
        return -self(emissions, gold.clamp(min=0), mask, reduction="none")

    @property
    def chain(self) -> "TorchCRF":
        """As `CRF.chain`."""
        return self

    def constrain(self, _: Tensor) -> "TorchCRF":
        """As `Chain.constrain`."""
        return self

    def best_paths(self, emissions: Tensor, mask: Tensor, _: object = None) -> Tensor:
        """As `Chain.best_paths`."""
        paths = [torch.tensor(path) for path in self.decode(emissions, mask)]
        return torch.nn.utils.rnn.pad_sequence(paths, batch_first=True)


def stock_of(crf: CRF) -> TorchCRF:
    """Make torchcrf's CRF. RETURNS (TorchCRF): One that has the same parameters."""
    stock = TorchCRF(crf.num_tags, batch_first=True)
    for name, parameter in crf.named_parameters():
        setattr(stock, name, parameter)
    return stock


def make(case: Case) -> Tuple[Language, List[Example], Optimizer]:
    """Make a pipeline and a batch.

    case (Case): The sizes.
    RETURNS (Tuple[Language, List[Example], Optimizer]): The pipeline, initialized.
    """
    spacy.util.fix_random_seed(0)
    nlp, rng = spacy.blank("en"), random.Random(0)
    labels = [f"T{i}" for i in range(case.types)]
    words = [f"w{i}" for i in range(WORDS)]
    examples = []
    for _ in range(case.docs):
        doc = Doc(nlp.vocab, words=rng.choices(words, k=case.tokens))
        gold, start = doc.copy(), rng.randrange(case.tokens)
        end = min(case.tokens, start + 2)
        gold.ents = [Span(gold, start, end, rng.choice(labels))]
        examples.append(Example(doc, gold))
    pipe = nlp.add_pipe("moee_ner")
    for label in labels:
        pipe.add_label(label)  # type: ignore[attr-defined]
    return nlp, examples, nlp.initialize(lambda: examples[:10])


def predict(nlp: Language, examples: List[Example]) -> None:
    """Tag the docs of a batch."""
    for _ in nlp.pipe([example.predicted.copy() for example in examples]):
        pass


def time_pipeline(case: Case, rounds: int) -> Dict[str, List[float]]:
    """Time updates and predictions, with torchcrf's code and without it, in turns.

    case (Case): The sizes.
    rounds (int): How often.
    RETURNS (Dict[str, List[float]]): The least seconds of each, first without.
    """
    nlp, examples, optimizer = make(case)
    network: Any = network_of(nlp.get_pipe("moee_ner").model)  # type: ignore[attr-defined]
    names = [n for n, child in network.named_children() if isinstance(child, CRF)]
    ours = {name: getattr(network, name) for name in names}
    stock = {name: stock_of(crf) for name, crf in ours.items()}
    steps: Dict[str, Callable[[], object]] = {
        "update": lambda: nlp.update(examples, sgd=optimizer),
        "prediction": lambda: predict(nlp, examples),
    }

    def time_step(step: str, crfs: Dict[str, CRF]) -> float:
        for name, crf in crfs.items():
            setattr(network, name, crf)
        return timed(steps[step])

    return _compare({s: partial(time_step, s) for s in steps}, (ours, stock), rounds)


def time_crf(case: Case, rounds: int) -> Dict[str, List[float]]:
    """Time the CRF alone on random scores.

    case (Case): The sizes.
    rounds (int): How often.
    RETURNS (Dict[str, List[float]]): As `time_pipeline`.
    """
    torch.manual_seed(0)
    ours = CRF(2 * case.types + 1)
    shape = case.docs, case.tokens
    emissions = torch.randn(*shape, ours.num_tags, requires_grad=True)
    gold = torch.randint(ours.num_tags, shape)
    mask = torch.ones(shape, dtype=torch.bool)
    inputs = emissions, gold, mask
    steps = {
        "loss": lambda crf: timed(lambda: _gradient(crf, *inputs)),
        "best": lambda crf: timed(lambda: _best(crf, *inputs)),
    }
    return _compare(steps, (ours, stock_of(ours)), rounds)


def _compare(
    steps: Dict[str, Callable[[Any], float]], pair: Tuple[Any, Any], rounds: int
) -> Dict[str, List[float]]:
    """The least seconds of each step with each of two codes."""
    calls = {
        (step, place): partial(call, code)
        for place, code in enumerate(pair)
        for step, call in steps.items()
    }
    turns = take_turns(calls, rounds)
    return {step: [turns.least((step, place)) for place in (0, 1)] for step in steps}


def _gradient(crf: Any, emissions: Tensor, gold: Tensor, mask: Tensor) -> None:
    crf.chain.nll(emissions, gold, mask).sum().backward()


@torch.no_grad()
def _best(crf: Any, emissions: Tensor, gold: Tensor, mask: Tensor) -> None:
    crf.chain.best_paths(emissions, mask)


def measure_memory(case: Case) -> Dict[str, float]:
    """Measure in this process, which should be a fresh one.

    case (Case): The sizes.
    RETURNS (Dict[str, float]): MB that each of `first`, `later` and `predict` adds.
    """
    nlp, examples, optimizer = make(case)
    steps: Dict[str, Callable[[], object]] = {
        "first": lambda: nlp.update(examples, sgd=optimizer),
        "later": lambda: nlp.update(examples, sgd=optimizer),
        "predict": lambda: predict(nlp, examples),
    }
    added = {}
    for name, call in steps.items():
        gc.collect()
        reset_peak()
        before = resident_mb()
        call()
        added[name] = peak_mb() - before
    return added


def measure(case: Case, rounds: int) -> Tuple[List[str], Dict[str, float]]:
    """Measure one case.

    case (Case): The sizes.
    rounds (int): How often.
    RETURNS (Tuple[List[str], Dict[str, float]]): A row of the table, and what of it
        goes into the last line.
    """
    whole, memory = time_pipeline(case, rounds), run_fresh("types", "--memory", case)
    times = {**time_crf(case, rounds), **whole}
    ratios = {step: theirs / ours for step, (ours, theirs) in times.items()}
    row = [" x ".join(map(str, case)), f"{ratios['loss']:.1f}", f"{ratios['best']:.1f}"]
    for step, (ours, _) in whole.items():
        row += [f"{ours:.3f}", f"{ratios[step]:.1f}"]
    row += [f"{mb:.0f}" for mb in memory.values()]
    values = {**ratios, **{f"{step}_mb": mb for step, mb in memory.items()}}
    sizes = "_".join(map(str, case))
    return row, {f"{sizes}_{name}": value for name, value in values.items()}


def read_case(text: str) -> Case:
    """Read an argument. RETURNS (Case): Its sizes."""
    try:
        case = Case(*map(int, text.split(":")))
    except (TypeError, ValueError) as error:
        problem = f"{text!r} is not TYPES[:DOCS[:TOKENS]]"
        raise argparse.ArgumentTypeError(problem) from error
    if min(case) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} has a size below 1")
    return case


def main() -> None:
    """Read the command line, measure, print the table and a line of all ratios."""
    parser = make_parser("types", __doc__)
    parser.add_argument("cases", nargs="*", type=read_case, metavar="TYPES:DOCS:TOKENS")
    parser.add_argument("--rounds", type=int, default=5, help="how often")
    parser.add_argument("--memory", type=read_case, help=argparse.SUPPRESS)
    args = parser.parse_args()
    one_thread()
    if args.memory:
        print(format_line(measure_memory(args.memory)))
        return
    rows, last = [], {}
    for case in args.cases or CASES:
        row, values = measure(case, args.rounds)
        rows.append(row)
        last.update(values)
    print(format_table(HEADER, rows))
    print(format_line(last))


if __name__ == "__main__":
    main()
