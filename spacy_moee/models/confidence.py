"""How sure a network is of what it says: probabilities, from its outputs."""

from typing import Any, Collection, Dict, List, Optional

import numpy
import torch
from numpy import ndarray
from torch import Tensor

from ..networks.common import bar_outside, token_mask
from ..networks.confidence import make_lattice
from ..networks.crf import TagDistribution
from ..networks.network import Network
from ..networks.spans import Spans
from ..scheme import OUTSIDE
from ..scheme import spans as read_spans
from . import batches
from .types import Batch, Scores
from .windows import Merged, place_entities

# the fields of `Prediction` that have a number for each entity
ENTITY_SCORES = {"scores", "detection_scores"}


def find_distribution(network: Network[Any], batch: Batch) -> TagDistribution:
    """Say what the tags of a batch are chosen from: by what the network says, and by
    what the rest of each doc does.

    network (Network): The network.
    batch (Batch): What it said.
    RETURNS (TagDistribution): The probabilities of all sequences of tags.
    """
    distribution = network.tag_distribution(batch.outputs)
    return distribution if batch.memory is None else distribution.adjust(batch.memory)


def find_marginals(
    network: Network[Any], batch: Batch, outside: Optional[Tensor]
) -> Tensor:
    """Compute the probability of each tag of each token.

    network (Network): The network.
    batch (Batch): What it said.
    outside (Optional[Tensor]): True on tokens that have to be O, shape [batch, seq].
    RETURNS (Tensor): Shape [batch, seq, tags].
    """
    distribution = find_distribution(network, batch)
    mask = token_mask(distribution.emissions, batch.lengths)
    possible = bar_outside(distribution.emissions, outside)
    return distribution.marginals(mask, possible)


def score_entities(
    scores: Scores,
    merged: Merged,
    outside: Optional[Tensor],
    wanted: Collection[str],
    temperature: float = 1.0,
) -> Dict[str, List[ndarray]]:
    """Compute the probability of each entity, by the window that answers for it.

    scores (Scores): What a network said of docs.
    merged (Merged): The tags that were read from it.
    outside (Optional[Tensor]): The tokens that had to be O: see `outside_places`.
    wanted (Collection[str]): "scores", or "detection_scores", or both.
    temperature (float): What the scores of tags are divided by.
    RETURNS (Dict[str, List[ndarray]]): By what is wanted, an array for each doc, with
        a number for each entity; without detection, no such array.
    """
    doc, *spans = _find_entities(merged.tags, scores.layout.doc_lengths)
    start, end, label = spans
    windows = scores.layout.windows
    row = place_entities(windows, merged, numpy.stack([start, end], axis=1))
    first = windows.start[row]
    placed = numpy.stack([row, start - first, end - first, label], axis=1)
    found: Dict[str, ndarray] = {}
    for batch in scores.batches:
        of_batch, numbers = batches.gather_spans(
            placed, batch.rows, batch.tokens.device
        )
        in_batch = batches.gather_outside(outside, batch)
        for name, distribution in _distributions(scores.network, batch, wanted).items():
            if name not in found:
                found[name] = numpy.full(len(doc), numpy.nan, "float32")
            if len(numbers):
                softened = distribution.soften(temperature)
                score = _score(softened, batch.lengths, of_batch, in_batch)
                found[name][numbers] = score.cpu().numpy()
    counts = numpy.bincount(doc, minlength=len(scores.layout.doc_lengths))
    ends = numpy.cumsum(counts)[:-1]
    return {name: numpy.split(values, ends) for name, values in found.items()}


def _find_entities(tags: ndarray, doc_lengths: List[int]) -> List[ndarray]:
    """The doc, first token, end and label of each entity; tokens are counted through
    all docs."""
    ends = numpy.cumsum(doc_lengths)
    # an O between two docs, so that no entity goes on in the next one
    start, end, label = read_spans(numpy.insert(tags, ends[:-1], OUTSIDE))
    doc = numpy.searchsorted(ends + numpy.arange(len(ends)), start, side="right")
    return [doc, start - doc, end - doc, label]


def _distributions(
    network: Network[Any], batch: Batch, wanted: Collection[str]
) -> Dict[str, TagDistribution]:
    found = {}
    with torch.no_grad():
        if "scores" in wanted:
            found["scores"] = find_distribution(network, batch)
        if "detection_scores" in wanted:
            detection = network.detection_distribution(batch.outputs)
            if detection is not None:
                found["detection_scores"] = detection
    return found


@torch.no_grad()
def _score(
    distribution: TagDistribution,
    lengths: Tensor,
    spans: Spans,
    outside: Optional[Tensor],
) -> Tensor:
    # only sequences that have an entity
    rows, row = spans.row.unique(return_inverse=True)
    longest = int(lengths[rows].max())
    emissions = distribution.emissions[rows, :longest]
    if distribution.n_labels == 1:  # detection knows no label
        spans = spans._replace(label=torch.zeros_like(spans.label))
    possible = bar_outside(
        emissions, None if outside is None else outside[rows, :longest]
    )
    mask = token_mask(emissions, lengths[rows])
    lattice = make_lattice(distribution._replace(emissions=emissions), mask, possible)
    return lattice.log_probability(spans._replace(row=row)).exp()
