"""What the benchmarks divide by: a bare `torch.nn.LSTM`, and spaCy's own `ner`."""

import random
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional

import spacy
import torch
from spacy.language import Language
from spacy.training import Corpus
from spacy.util import minibatch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from spacy_moee.component import MoEENer

BATCH = 32


class Sizes(NamedTuple):
    """The sizes of an LSTM.

    width (int): Width of the input.
    hidden_width (int): Width of each direction.
    depth (int): The number of layers.
    """

    width: int
    hidden_width: int
    depth: int

    @classmethod
    def of(cls, nlp: Language) -> "Sizes":
        """Read the sizes of a pipeline's `moee_ner`.

        nlp (Language): The pipeline, initialized.
        RETURNS (Sizes): The sizes.
        """
        name, pipe = next((n, p) for n, p in nlp.pipeline if isinstance(p, MoEENer))
        model = nlp.config["components"][name]["model"]
        width = pipe.tok2vec.get_dim("nO")
        return cls(width, model["hidden_width"], model["depth"])


class BareLSTM:
    """A bidirectional `torch.nn.LSTM` and nothing else: no embedding, no dropout, no
    output layer, no optimizer. Its inputs are random, and made outside the timing.

    sizes (Sizes): Its sizes.
    lengths (List[int]): The lengths of the sentences that it reads.
    """

    def __init__(self, sizes: Sizes, lengths: List[int]) -> None:
        self.lengths = lengths
        self.width = sizes.width
        self.lstm = nn.LSTM(*sizes, bidirectional=True, batch_first=True)
        self.vectors = torch.randn(BATCH, max(lengths), sizes.width)

    def _inputs(self, lengths: List[int]) -> Tensor:
        return self.vectors[: len(lengths), : max(lengths)].contiguous()

    def random_batches(self) -> Iterator[List[int]]:
        """Batch the sentences at random. YIELDS (List[int]): The lengths."""
        lengths = random.Random(0).sample(self.lengths, len(self.lengths))
        yield from (lengths[i : i + BATCH] for i in range(0, len(lengths), BATCH))

    def train(self, batches: List[List[int]]) -> float:
        """Run forward and backward, packed, in the order given.

        batches (List[List[int]]): The lengths of each batch.
        RETURNS (float): Seconds.
        """
        seconds = 0.0
        for lengths in batches:
            inputs, sizes = self._inputs(lengths), torch.tensor(lengths)
            self.lstm.zero_grad()
            started = time.perf_counter()
            packed = pack_padded_sequence(
                inputs, sizes, batch_first=True, enforce_sorted=False
            )
            self.lstm(packed)[0].data.sum().backward()
            seconds += time.perf_counter() - started
        return seconds

    def predict(self) -> float:
        """Run forward over all sentences, padded, in batches sorted by length.

        RETURNS (float): Seconds.
        """
        lengths = sorted(self.lengths)
        batches = [lengths[i : i + BATCH] for i in range(0, len(lengths), BATCH)]
        seconds = 0.0
        with torch.no_grad():
            for batch in batches:
                inputs = self._inputs(batch)
                started = time.perf_counter()
                self.lstm(inputs)
                seconds += time.perf_counter() - started
        return seconds


def train_spacy_ner(corpus: Path, vectors: Optional[str], steps: int) -> Language:
    """Train spaCy's `ner` for a moment: its default model (HashEmbedCNN, width 96,
    depth 4), and the vectors if there are some.

    corpus (Path): The training set, a `.spacy` file.
    vectors (Optional[str]): A pipeline with vectors.
    steps (int): The number of batches of 32.
    RETURNS (Language): The pipeline.
    """
    nlp = spacy.blank("en")
    nlp.config["initialize"]["vectors"] = vectors
    tok2vec = {"pretrained_vectors": True if vectors else None}
    nlp.add_pipe("ner", config={"model": {"tok2vec": tok2vec}})
    examples = list(Corpus(corpus)(nlp))
    optimizer = nlp.initialize(lambda: examples)
    random.Random(0).shuffle(examples)
    for batch in islice(minibatch(cycle(examples), BATCH), steps):
        nlp.update(batch, drop=0.1, sgd=optimizer)
    return nlp
