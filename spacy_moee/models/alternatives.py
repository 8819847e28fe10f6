"""What else might be said of a doc: the likeliest readings of what is read at once, and
what each entity might have been."""

from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from spacy.tokens import Doc
from torch import Tensor

from ..alternatives import (
    Alternatives,
    Candidate,
    EntityCandidates,
    Reading,
    SentenceReadings,
)
from ..errors import MoeeError
from ..networks.candidates import Candidates, find_overlapping
from ..networks.common import bar_outside, token_mask
from ..networks.confidence import make_lattice
from ..networks.crf import TagDistribution
from ..networks.kbest import k_best_paths
from ..scheme import chain_scheme, spans, tag_names
from . import batches
from .confidence import find_distribution
from .edges import Edges
from .readout import decode_windows
from .types import Batch, MoEEModelT, Scores
from .windows import merge_windows, place_entities

# States of all steps whose readings are found at once, which bounds the memory.
MAX_STATES = 2**24


class Query(NamedTuple):
    """What is asked of the outputs of a network.

    scores (Scores): What the model said of one doc.
    outside (Optional[Tensor]): The tokens that have to be O: see `outside_places`.
    k (int): How many are found of each kind.
    temperature (float): What the scores of tags are divided by.
    """

    scores: Scores
    outside: Optional[Tensor]
    k: int
    temperature: float


# windows with their tags: distribution, tokens, and the tags of each token
Read = Tuple[Batch, TagDistribution, Tensor, Optional[Tensor]]


@torch.no_grad()
def find_alternatives(
    model: MoEEModelT,
    doc: Doc,
    labels: Sequence[str],
    preset: Optional[ndarray],
    entities: Optional[ndarray],
    k: int,
    temperature: float = 1.0,
) -> Alternatives:
    """Find what else might be said of a doc. Nothing is changed.

    model (Model[List[Doc], Scores]): The model.
    doc (Doc): The doc.
    labels (Sequence[str]): The entity types.
    preset (Optional[ndarray]): True on tokens that have to be O, or None.
    entities (Optional[ndarray]): First token, end and label of the entities whose
        candidates are found, shape [entities, 3]; None for those of the best tags.
    k (int): The most readings of each window, and candidates of each entity.
    temperature (float): What the scores of tags are divided by.
    RETURNS (Alternatives): Readings and candidates.
    RAISES (MoeeError): M022, for a `k` below 1.
    """
    if not isinstance(k, (int, numpy.integer)) or k < 1:
        raise MoeeError("M022", found=repr(k))
    scores = model.predict([doc])
    if not scores.batches:  # the doc is empty
        return Alternatives([], [])
    device = scores.batches[0].tokens.device
    outside = batches.outside_places([preset], [doc], device)
    query = Query(scores, outside, int(k), temperature)
    tags = decode_windows(scores, outside, ())["tags"]
    merged = merge_windows(scores.layout.windows, tags)
    edges = Edges.of(doc)
    if entities is None:
        entities = numpy.stack(spans(merged.tags), axis=1)
    entities = edges.trim(entities)
    rows = place_entities(scores.layout.windows, merged, entities[:, :2])
    return Alternatives(
        _find_readings(query, labels),
        _find_candidates(query, entities, rows, edges, labels),
    )


def _read(query: Query) -> Iterator[Read]:
    scores, outside, _, temperature = query
    for batch in scores.batches:
        distribution = find_distribution(scores.network, batch)
        distribution = distribution.soften(temperature)
        in_batch = batches.gather_outside(outside, batch)
        mask = token_mask(distribution.emissions, batch.lengths)
        possible = bar_outside(distribution.emissions, in_batch)
        yield batch, distribution, mask, possible


def _name_tags(distribution: TagDistribution, labels: Sequence[str]) -> ndarray:
    """The IOB2 name of each tag of a chain, of whatever notation it is."""
    outer = chain_scheme(distribution.notation, len(labels)).outer
    return numpy.take(tag_names(labels), outer)


def _find_readings(query: Query, labels: Sequence[str]) -> List[SentenceReadings]:
    """The likeliest sequences of tags of each window."""
    windows = query.scores.layout.windows
    found: Dict[int, List[Reading]] = {}
    for batch, distribution, mask, possible in _read(query):
        names = _name_tags(distribution, labels)
        chain, emissions, _ = distribution.exact()
        size = max(1, MAX_STATES // (query.k * emissions[0].numel()))
        for few in torch.arange(len(mask), device=mask.device).split(size):
            some = None if possible is None else possible[few]
            best = k_best_paths(chain, emissions[few], mask[few], query.k, some)
            paths, logs = (part.cpu().numpy() for part in best)
            rows = batch.rows[few.cpu().numpy()].tolist()
            for row, path, log in zip(rows, paths, logs, strict=True):
                is_path = log > -numpy.inf
                tags = names[path[is_path, : windows.lengths[row]]].tolist()
                probabilities = numpy.exp(log[is_path]).clip(max=1).tolist()
                found[row] = list(map(Reading, probabilities, tags))
    starts, ends = windows.start.tolist(), windows.end.tolist()
    readings = [found[row] for row in range(len(starts))]
    return list(map(SentenceReadings, starts, ends, readings))


def _find_candidates(
    query: Query, entities: ndarray, rows: ndarray, edges: Edges, labels: Sequence[str]
) -> List[EntityCandidates]:
    """What each entity might have been, in the window that answers for it."""
    found = [
        EntityCandidates(start, end, labels[label], None, [])
        for start, end, label in entities.tolist()
    ]
    first = query.scores.layout.windows.start[rows]
    columns = entities - first[:, None] * [1, 1, 0]
    placed = numpy.concatenate([rows[:, None], columns], axis=1)
    for batch, distribution, mask, possible in _read(query):
        of_batch, numbers = batches.gather_spans(placed, batch.rows, mask.device)
        if not len(numbers):
            continue
        # only sequences that have an entity
        some, row = of_batch.row.unique(return_inverse=True)
        possible = None if possible is None else possible[some]
        of_some = distribution._replace(emissions=distribution.emissions[some])
        lattice = make_lattice(of_some, mask[some], possible)
        borders = lattice.borders()
        places = zip(row.tolist(), *(x.tolist() for x in of_batch[1:3]), strict=True)
        for number, place in zip(numbers.tolist(), places, strict=True):
            around = find_overlapping(lattice, borders, *place)
            table = _trim(around, edges, int(first[number]))
            chosen = _choose(found[number], table, labels, query.k)
            found[number] = chosen._replace(outside=_probability(around.outside))
    return found


class Table(NamedTuple):
    """Spans of a doc.

    start (int): The first token of the first spans.
    end (int): The end of the first spans.
    log_probability (Tensor): Shape [starts, ends, labels].
    """

    start: int
    end: int
    log_probability: Tensor


def _trim(found: Candidates, edges: Edges, offset: int) -> Table:
    """Add up spans that are the same without white space. Neither the first nor the
    last token of the part that all of them overlap is any."""
    starts = found.starts.cpu().numpy() + offset
    ends = found.ends.cpu().numpy() + offset
    table = found.log_probability.cpu()
    for dim, places, of_words in ((0, starts, edges.starts), (1, ends, edges.ends)):
        trimmed = of_words[places]
        if (trimmed != places).any():
            to = torch.as_tensor(trimmed - places[0])
            table = torch.zeros_like(table).index_add_(dim, to, table.exp()).log_()
    return Table(int(starts[0]), int(ends[0]), table)


def _choose(
    entity: EntityCandidates, table: Table, labels: Sequence[str], k: int
) -> EntityCandidates:
    """Find the likeliest spans, but for the entity itself."""
    start, end, logs = table
    own = entity.start - start, entity.end - end, labels.index(entity.label)
    probability = _probability(logs[own])
    logs[own] = float("-inf")
    best = logs.flatten().topk(min(k, logs.numel()))
    rows = zip(*numpy.unravel_index(best.indices.numpy(), logs.shape), strict=True)
    candidates = [
        Candidate(start + int(a), end + int(b), labels[label], _probability(log))
        for (a, b, label), log in zip(rows, best.values, strict=True)
        if log > float("-inf")
    ]
    return entity._replace(probability=probability, candidates=candidates)


def _probability(log: Tensor) -> float:
    """Not above 1 by rounding."""
    return float(log.exp().clamp(max=1))
