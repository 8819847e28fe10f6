"""What a step of configs/jia.cfg takes, at the published sizes.

    python -m benchmarks.generated --source RAW --target RAW [--corpus DIR] [--rounds N]

RAW is raw text of each domain: `.jsonl`, `.txt` or `.spacy`. The word vectors are
random, of 100 dimensions, so that the BiLSTM has the published 201,600 weights. A block
of steps as `spacy train` runs them, with tokenization, embeddings, all losses and the
optimizer, takes turns with as many steps of the arithmetic alone in PyTorch, on
sentences of the same lengths: weights generated with `einsum`, LSTMs, `torchcrf`, a
sampled softmax, `torch.optim.RMSprop`. One thread. The last line has milliseconds a
step of both, their ratio, the minutes of an epoch and the most memory of the process
before the other begins.
"""

import math
import resource
from argparse import Namespace
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional

import numpy
import spacy
import torch
import torchcrf
from spacy.util import resolve_dot_names
from spacy.vectors import Vectors
from torch import Tensor, nn
from torch.nn import functional

from spacy_moee.training.words import choose_words
from spacy_moee.vocabulary import write_vocabulary

from .corpus import Recipe, add_arguments, find_recipe
from .epoch import BARE, BLOCK, OURS, Training
from .machine import format_line, make_parser, one_thread
from .turns import take_turns, timed

WIDTH, HIDDEN, N_TAGS, NEGATIVES = 150, 100, 17, 50
# what the sentences of a step are read for
GROUPS = ("tags", "source", "target")


class BareStep(nn.Module):
    """The arithmetic of a step, on random vectors.

    n_words (int): The number of words.
    steps (List[Dict[str, List[int]]]): The sentence lengths of each group, in each of
        some steps, which are repeated.
    """

    def __init__(self, n_words: int, steps: List[Dict[str, List[int]]]) -> None:
        super().__init__()
        self.steps = cycle(steps)
        self.shapes = [(4 * HIDDEN, WIDTH), (4 * HIDDEN, HIDDEN)] + [(4 * HIDDEN,)] * 2
        self.sizes = [math.prod(shape) for shape in self.shapes] * 2
        self.weights = nn.Parameter(torch.rand(8, 8, sum(self.sizes)) * 0.2 - 0.1)
        self.tasks, self.domains = (nn.Parameter(torch.rand(2, 8)) for _ in "td")
        self.words = nn.Embedding(n_words, WIDTH - 50)
        self.output = nn.Linear(2 * HIDDEN, N_TAGS)
        self.crf = torchcrf.CRF(N_TAGS, batch_first=True)
        self.table = nn.Embedding(n_words, HIDDEN)
        self.optimizer = torch.optim.RMSprop(self.parameters(), 1e-3, weight_decay=1e-8)

    def run(self) -> None:
        """Take a step."""
        self.optimizer.zero_grad()
        losses = [self._loss(*group) for group in next(self.steps).items()]
        torch.stack(losses).sum().backward()
        self.optimizer.step()

    def run_block(self) -> None:
        """Take as many steps as a block has."""
        for _ in range(BLOCK):
            self.run()

    def _loss(self, name: str, sizes: List[int]) -> Tensor:
        lengths = torch.tensor(sizes)
        mask = torch.arange(int(lengths.max())) < lengths.unsqueeze(1)
        ids = torch.randint(self.words.num_embeddings, mask.shape)
        vectors = torch.cat([self.words(ids), torch.rand(*mask.shape, 50)], dim=2)
        hidden = functional.dropout(self._read(functional.dropout(vectors), name))
        if name == "tags":
            gold = torch.randint(N_TAGS, mask.shape)
            return -self.crf(self.output(hidden), gold, mask, reduction="mean")
        states = torch.stack(hidden.chunk(2, dim=2))[mask.expand(2, -1, -1)]
        sampled = torch.randint(self.words.num_embeddings, (NEGATIVES,))
        own = torch.randint(self.words.num_embeddings, (len(states), 1))
        true = (states.unsqueeze(1) * self.table(own)).sum(dim=2)
        scores = torch.cat([true, states @ self.table(sampled).T], dim=1)
        return -scores.log_softmax(dim=1)[:, 0].sum() / len(lengths)

    def _read(self, vectors: Tensor, name: str) -> Tensor:
        task, domain = int(name != "tags"), int(name == "target")
        pair = self.tasks[task], self.domains[domain], self.weights
        parts = torch.einsum("i,j,ijp->p", *pair).split(self.sizes)
        weights = [part.view(x) for part, x in zip(parts, self.shapes * 2, strict=True)]
        zeros = vectors.new_zeros(2, len(vectors), HIDDEN)
        state = zeros, zeros
        return torch.lstm(vectors, state, weights, True, 1, 0.0, True, True, True)[0]


def prepare(recipe: Recipe, folder: Path) -> Recipe:
    """Write the vocabulary, and random vectors for it.

    recipe (Recipe): The recipe.
    folder (Path): Where they go.
    RETURNS (Recipe): The recipe that reads them.
    """
    nlp = spacy.blank("en")
    config = recipe.load().interpolate()
    (corpus,) = resolve_dot_names(config, ["corpora.train"])
    words = choose_words(corpus.count_words(nlp), 5)
    write_vocabulary(folder / "words.jsonl", words)
    shape = len(words), WIDTH - 50
    table = numpy.random.default_rng(0).uniform(-0.1, 0.1, shape).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=[*words])
    nlp.to_disk(folder / "vectors")
    changes = {**recipe.changes, "paths.vocabulary": str(folder / "words.jsonl")}
    return recipe._replace(vectors=folder / "vectors", changes=changes)


def find_lengths(training: Training, n_steps: int) -> List[Dict[str, List[int]]]:
    """Find how long the sentences of steps are.

    training (Training): The training.
    n_steps (int): The number of steps.
    RETURNS (List[Dict[str, List[int]]]): Those of each group. Annotated sentences are
        also raw text of the source.
    """
    steps = []
    epoch: Any = find_corpus(training)(training.nlp)
    for batch in islice(epoch.steps(), n_steps):
        found: Dict[str, List[int]] = {name: [] for name in GROUPS}
        for example in batch:
            doc: Any = example.predicted
            found[doc._.moee_domain if doc._.moee_raw else "tags"].append(len(doc))
        found["source"] += found["tags"]
        steps.append(found)
    return steps


def find_corpus(training: Training) -> Any:
    """Find what is learned from. RETURNS (MixedCorpus): The reader."""
    config = training.nlp.config.interpolate()
    return resolve_dot_names(config, ["corpora.train"])[0]


def main(args: Namespace) -> None:
    """Measure, and print the last line.

    args (Namespace): The command line.
    """
    changes = {
        "paths.raw_source": str(args.source),
        "paths.raw_target": str(args.target),
        # one that is never told of scores
        "training.optimizer.switch_score": None,
    }
    with TemporaryDirectory() as folder:
        recipe = prepare(find_recipe(args, "jia", changes), Path(folder))
        training = Training(recipe)
    n_steps = find_corpus(training).count_steps(training.nlp)
    training.time_block()  # warms up
    # in KB, of this process so far
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe: Any = training.nlp.get_pipe("moee_ner")
    n_words = pipe.model.attrs["vocabulary"].shape[1]
    bare = BareStep(n_words, find_lengths(training, BLOCK))
    bare.run()

    def run_bare() -> Optional[float]:
        return timed(bare.run_block)

    turns = take_turns({OURS: training.time_block, BARE: run_bare}, args.rounds)
    found = {
        "ours_ms": 1000 * turns.least(OURS) / BLOCK,
        "bare_ms": 1000 * turns.least(BARE) / BLOCK,
        "ratio": turns.ratio(OURS, BARE),
        "epoch_minutes": n_steps * turns.median(OURS) / BLOCK / 60,
        "peak_mb": peak,
    }
    print(format_line(found))


if __name__ == "__main__":
    parser = make_parser("generated", __doc__)
    parser.add_argument("--source", type=Path, required=True, metavar="RAW")
    parser.add_argument("--target", type=Path, required=True, metavar="RAW")
    parser.add_argument("--rounds", type=int, default=3, help="blocks of each")
    add_arguments(parser)
    arguments = parser.parse_args()
    one_thread()
    main(arguments)
