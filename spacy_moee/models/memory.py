"""What a document says of a word elsewhere.

A network reads a window at a time, and is sure of a name where the words beside it say
what it is, which is not everywhere. So each occurrence of a word moves towards the mean
of what is said of the word in the same doc. Occurrences nearby stay out of it: the
network has read them together, and a word that comes twice within a few tokens is
mostly part of two names.

Said is what a word is part of: an entity type, or none. Where it stands in its name is
left to each occurrence: "Torba" begins one here, and goes on with "Andrew Torba" there.

What moves are the emissions, by the difference of two logs. The chain stays, and so do
all tokens whose word has no other occurrence.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Optional, Sequence

import numpy
import torch
from numpy import ndarray
from spacy.attrs import LOWER
from spacy.tokens import Doc
from torch import Tensor

from ..errors import check_setting
from ..networks.common import bar_outside, token_mask
from ..networks.network import Network
from ..scheme import chain_scheme
from .confidence import find_distribution
from .types import Batch, Scores

PLACE = "spacy_moee.document_memory.v1"
# added to probabilities, which bounds what a memory says against a network that is sure
FLOOR = 1e-3


@dataclass(frozen=True)
class DocumentMemory:
    """The settings of a memory. An object, so that it is not saved with the weights.

    weight (float): How far an occurrence moves: 0 stays, 1 goes to the mean.
    distance (int): Occurrences at most so many tokens away stay out of it.
    """

    weight: float
    distance: int


def make_document_memory(weight: float = 0.5, distance: int = 20) -> DocumentMemory:
    """Let each occurrence of a word move towards what is said of all its occurrences in
    the doc, whatever their case. Registered as `spacy_moee.document_memory.v1`.

    weight (float): How far it moves, from 0, which changes nothing, to 1.
    distance (int): Occurrences at most so many tokens away stay out of it: the network
        has read them together.
    RETURNS (DocumentMemory): The memory.
    RAISES (MoeeError): M103, for values that can't be.
    """
    check_setting(0 <= weight <= 1, "weight", PLACE, "from 0 to 1", weight)
    check_setting(distance >= 0, "distance", PLACE, "0 or more", distance)
    return DocumentMemory(weight, distance)


NO_MEMORY = DocumentMemory(0, 0)


class Occurrences(NamedTuple):
    """Tokens whose words come more than once in a doc, and not only nearby. Those of a
    word follow each other, from the first in the doc to the last.

    tokens (ndarray): The tokens, counted through all docs.
    first (ndarray): For each, where those of its word begin in this order.
    end (ndarray): Where they end (exclusive).
    near_first (ndarray): Where those begin that are nearby, itself included.
    near_end (ndarray): Where these end (exclusive).
    """

    tokens: ndarray
    first: ndarray
    end: ndarray
    near_first: ndarray
    near_end: ndarray


def find_occurrences(words: Sequence[ndarray], distance: int) -> Occurrences:
    """Find the words that come again in the same doc.

    words (Sequence[ndarray]): A number for each word of each doc.
    distance (int): How many tokens away is nearby.
    RETURNS (Occurrences): Their tokens.
    """
    lengths = [len(row) for row in words]
    doc, word = (
        numpy.repeat(numpy.arange(len(words)), lengths),
        numpy.concatenate(words),
    )
    tokens = numpy.lexsort([word, doc])  # stable: in the order of the doc
    begins = numpy.ones(len(tokens), dtype=bool)
    begins[1:] = numpy.diff(doc[tokens]).astype(bool)
    begins[1:] |= word[tokens[1:]] != word[tokens[:-1]]
    first = numpy.flatnonzero(begins)
    counts = numpy.diff(first, append=len(tokens))
    far = tokens[first + counts - 1] - tokens[first] > distance
    tokens, counts = tokens[numpy.repeat(far, counts)], counts[far]
    end = numpy.cumsum(counts)
    # a number that rises through all of them, and leaves a gap between two words
    gap = sum(lengths) + distance + 1
    numbers = tokens + numpy.repeat(numpy.arange(len(counts)) * gap, counts)
    return Occurrences(
        tokens,
        numpy.repeat(end - counts, counts),
        numpy.repeat(end, counts),
        numpy.searchsorted(numbers, numbers - distance),
        numpy.searchsorted(numbers, numbers + distance, side="right"),
    )


def move_together(marginals: ndarray, found: Occurrences, weight: float) -> ndarray:
    """Compute how scores change. An occurrence of which the network is sure counts for
    more: as much as the probability that two draws from its categories are equal.

    marginals (ndarray): The probability of each category (an entity type, or O) of each
        occurrence, in the order of `found`, shape [occurrences, categories].
    found (Occurrences): Where they are.
    weight (float): How far they move.
    RETURNS (ndarray): What is added to the scores of the tags of each category, of the
        same shape.
    """
    own = marginals.astype("float64")
    sure = (own**2).sum(axis=1, keepdims=True)
    counted = numpy.concatenate([own * sure, sure], axis=1)
    sums = numpy.zeros((len(own) + 1, own.shape[1] + 1))
    numpy.cumsum(counted, axis=0, out=sums[1:])
    _, first, end, near_first, near_end = found
    total = sums[end] - sums[first] - sums[near_end] + sums[near_first] + counted
    mean = total[:, :-1] / total[:, -1:]
    change: ndarray = weight * (
        numpy.log(mean.clip(0) + FLOOR) - numpy.log(own + FLOOR)
    )
    alone = (near_first == first) & (near_end == end)
    change[alone] = 0
    return change


@torch.no_grad()
def remember(memory: DocumentMemory, docs: Sequence[Doc], scores: Scores) -> None:
    """Let all windows of each doc know what is said elsewhere in it: sets `memory` of
    the batches that it changes.

    memory (DocumentMemory): The settings.
    docs (Sequence[Doc]): The docs.
    scores (Scores): What a network says of them, in prediction.
    """
    if not memory.weight:
        return
    words = [doc.to_array(LOWER) for doc in docs]
    found = find_occurrences(words, memory.distance)
    if not len(found.tokens):
        return
    # the row of each token in the tables, and that of zeros for all others
    rows = numpy.full(sum(map(len, words)) + 1, len(found.tokens))
    rows[found.tokens] = numpy.arange(len(found.tokens))
    category = scores.network.category.cpu().numpy()
    # adds up the tags of each category
    sums = numpy.equal.outer(category, numpy.unique(category)).astype("float32")
    said = _read_marginals(scores, rows) @ sums
    change = move_together(said, found, memory.weight)[:, category]
    table = torch.from_numpy(numpy.append(change, 0 * change[:1], axis=0)).float()
    for batch in scores.batches:
        places = torch.from_numpy(rows)[batch.tokens.cpu()]
        if (places < len(found.tokens)).any():
            batch.memory = table[places].to(batch.tokens.device)


def _read_marginals(scores: Scores, rows: ndarray) -> ndarray:
    """What windows say of the tokens of their cores, shape [occurrences, tags]. `rows`
    has a row of it for each token, and the number of all rows for those that have none,
    and for padding."""
    n_rows, n_tags = rows[-1], len(scores.network.category)
    table = numpy.empty((n_rows, n_tags), dtype="float32")
    windows = scores.layout.windows
    for batch in scores.batches:
        tokens = batch.tokens.cpu().numpy()
        core_start = windows.core_start[batch.rows][:, None]
        core_end = windows.core_end[batch.rows][:, None]
        answers = (core_start <= tokens) & (tokens < core_end) & (rows[tokens] < n_rows)
        some = numpy.flatnonzero(answers.any(axis=1))
        if not len(some):
            continue
        distribution = scores.network.tag_distribution(batch.outputs)
        picked = torch.from_numpy(some).to(batch.tokens.device)
        distribution = distribution._replace(emissions=distribution.emissions[picked])
        mask = token_mask(distribution.emissions, batch.lengths[picked])
        marginals = distribution.marginals(mask).cpu().numpy()
        answers = answers[some]
        table[rows[tokens[some][answers]]] = marginals[answers]
    return table


def decode_changed(
    network: Network[Any], batch: Batch, outside: Optional[Tensor], tags: Tensor
) -> Tensor:
    """Find the best tags of the windows of which a memory says something.

    network (Network): The network.
    batch (Batch): What it said.
    outside (Optional[Tensor]): True on tokens that have to be O, shape [batch, seq].
    tags (Tensor): What it finds itself, shape [batch, seq].
    RETURNS (Tensor): The best tags of all windows, of the same shape.
    """
    if batch.memory is None:
        return tags
    rows = batch.memory.flatten(1).any(dim=1).nonzero().squeeze(1)
    distribution = find_distribution(network, batch)
    mask = token_mask(distribution.emissions, batch.lengths)
    possible = bar_outside(distribution.emissions, outside)
    chain, emissions, notation = distribution
    best = chain.best_paths(
        emissions[rows], mask[rows], None if possible is None else possible[rows]
    )
    outer = chain_scheme(notation, distribution.n_labels).outer
    outer_tags = torch.from_numpy(outer).to(best)
    return tags.index_copy(0, rows, outer_tags[best])
