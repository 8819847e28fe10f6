"""Tags of BIOES inside of a network, against all sequences of IOB2 tags, each of which
is spelled as one of BIOES by hand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks import messages, partition
from spacy_moee.networks.bioes import BIOES
from spacy_moee.networks.candidates import find_overlapping
from spacy_moee.networks.confidence import make_lattice
from spacy_moee.networks.crf import Chain, TagDistribution
from spacy_moee.networks.kbest import k_best_paths
from spacy_moee.networks.spans import Spans, log_complement, unlikelihood
from spacy_moee.scheme import (
    ANY_LABEL,
    Notation,
    chain_scheme,
    possible_tags,
    to_bioes,
)

from .test_confidence import all_spans, make_possible
from .test_kbest import score
from .util import (
    all_paths,
    chains,
    entities_of,
    is_legal,
    make_crf,
    make_emissions,
    make_mask,
    spell,
    spelled,
)

EXACT = {"atol": 1e-9, "rtol": 1e-9}
SEEDS = st.integers(0, 2**16)
CPU = torch.device("cpu")


def make_moderate(seed):
    """Scores of which none outweighs the rest: a CRF, emissions and a mask."""
    crf = make_crf(9, seed).double()
    emissions = make_emissions(3, 4, 9, seed=seed).double()
    return crf, emissions.requires_grad_(), make_mask([4, 3, 4])


CHAINS = chains(max_labels=2, max_steps=4, max_batch=3, notation=Notation.BIOES)
CHAINS |= SEEDS.map(make_moderate)


def enumerate_row(chain, emissions, possible):
    """The score of each BIOES sequence that there can be, and its IOB2 sequence."""
    places = range(len(emissions))
    paths = {
        path: outer
        for path, outer in spelled(len(emissions), emissions.shape[1] // 4).items()
        if all(possible[place, path[place]] for place in places)
    }
    scores = [score(chain, emissions, path) for path in paths]
    return torch.stack(scores), [*paths], [*paths.values()]


def make_case(case, presets, seed):
    """A distribution, its mask, which tags there may be, and all of each row."""
    crf, emissions, mask = case
    chain, emissions = Chain(*(part.detach() for part in crf.chain)), emissions.detach()
    possible = make_possible(mask, crf.num_tags, seed)
    if not presets:
        possible |= True
    rows = [
        enumerate_row(chain, emissions[row, :n], possible[row, :n])
        for row, n in enumerate(mask.sum(dim=1).tolist())
    ]
    constrained = BIOES.of(crf.num_tags // 4, CPU).constrain(chain)
    distribution = TagDistribution(constrained, emissions, Notation.BIOES)
    return distribution, mask, possible if presets else None, rows


def enumerate_spans(rows, spans):
    """The probability of each span."""
    shares = [scores.softmax(dim=0) for scores, _, _ in rows]
    read = [[entities_of(path) for path in paths] for _, _, paths in rows]
    wanted = []
    for row, *span in zip(*(part.tolist() for part in spans), strict=True):
        has = torch.tensor([tuple(span) in entities for entities in read[row]])
        wanted.append(shares[row][has].sum())
    return torch.stack(wanted) if wanted else torch.zeros(0, dtype=torch.float64)


@pytest.mark.parametrize("n_labels", [0, 1, 2])
@pytest.mark.parametrize("n_steps", [1, 2, 3, 4])
def test_each_legal_sequence_is_one_of_iob2(n_steps, n_labels):
    tags, wanted = BIOES.of(n_labels, CPU), spelled(n_steps, n_labels)
    legal = [
        path
        for path in all_paths(n_steps, 4 * n_labels + 1)
        if is_legal(path, tags.legal) and tags.last[path[-1]]
    ]
    assert {*legal} == {*wanted}
    outer = tags.outer(torch.tensor(legal))
    assert outer.tolist() == [list(wanted[path]) for path in legal]


@given(case=CHAINS, presets=st.booleans(), seed=SEEDS)
@settings(max_examples=60)
def test_every_span_equals_enumeration(case, presets, seed):
    distribution, mask, possible, rows = make_case(case, presets, seed)
    spans = all_spans(mask, distribution.n_labels)
    lattice = make_lattice(distribution, mask, possible)
    found = lattice.log_probability(spans)
    assert not found.isnan().any()
    assert_close(found.exp(), enumerate_spans(rows, spans), **EXACT)


@given(case=CHAINS, presets=st.booleans(), seed=SEEDS)
@settings(max_examples=60)
def test_every_overlapping_span_equals_enumeration(case, presets, seed):
    distribution, mask, possible, rows = make_case(case, presets, seed)
    lattice = make_lattice(distribution, mask, possible)
    spans = all_spans(mask, distribution.n_labels)
    wanted = enumerate_spans(rows, spans)
    for row, (scores, _, paths) in enumerate(rows):
        shares, n = scores.softmax(dim=0), len(paths[0])
        every = torch.zeros(n, n + 1, distribution.n_labels, dtype=torch.float64)
        here = spans.row == row
        every[spans.start[here], spans.end[here], spans.label[here]] = wanted[here]
        for start, end in ((a, b) for a in range(n) for b in range(a + 1, n + 1)):
            found = find_overlapping(lattice, lattice.borders(), row, start, end)
            assert found.starts.tolist() == [*range(end)]
            assert found.ends.tolist() == [*range(start + 1, n + 1)]
            assert not found.log_probability.isnan().any()
            share = found.log_probability.exp()
            assert_close(share, every[:end, start + 1 :], **EXACT)
            free = torch.tensor([not any(path[start:end]) for path in paths])
            assert_close(found.outside.exp(), shares[free].sum(), **EXACT)


def test_long_sequences_equal_single_spans():
    mask, n_labels = make_mask([50, 31]), 3
    scores = make_emissions(2 + 13, 13, seed=4).double()
    chain = BIOES.of(3, CPU).constrain(Chain(scores[0], scores[1:14], scores[14]))
    emissions = 3 * make_emissions(2, 50, 13, seed=5).double()
    lattice = make_lattice(TagDistribution(chain, emissions, Notation.BIOES), mask)
    found = find_overlapping(lattice, lattice.borders(), 1, 12, 15)
    grid = torch.meshgrid(
        found.starts, found.ends, torch.arange(n_labels), indexing="ij"
    )
    start, end, label = (part.flatten() for part in grid)
    there = start < end
    spans = Spans(torch.ones_like(start), start, end, label)
    logs = found.log_probability.flatten()
    some = spans.take(there.nonzero()[:, 0])
    assert_close(logs[there], lattice.log_probability(some), **EXACT)
    assert bool((logs[~there] == float("-inf")).all())


@given(case=CHAINS, k=st.sampled_from([1, 2, 5, 80]), presets=st.booleans(), seed=SEEDS)
@settings(max_examples=60)
def test_best_sequences_equal_enumeration(case, k, presets, seed):
    distribution, mask, possible, rows = make_case(case, presets, seed)
    tags = BIOES.of(distribution.n_labels, CPU)
    chain, emissions, _ = distribution
    found = k_best_paths(chain, emissions, mask, k, possible)
    best = tags.outer(chain.best_paths(emissions, mask, possible))
    for row, (scores, _, paths) in enumerate(rows):
        scores = scores - scores.logsumexp(dim=0)
        log_of = dict(zip(paths, scores, strict=True))
        n, n_found = len(paths[0]), min(k, len(paths))
        logs = found.log_probability[row]
        assert bool((logs[n_found:] == float("-inf")).all())
        wanted = scores.sort(descending=True).values[:n_found]
        assert_close(logs[:n_found], wanted, **EXACT)
        outer = tags.outer(found.tags[row, :n_found, :n]).tolist()
        assert len({*map(tuple, outer)}) == n_found
        own = torch.stack([log_of[tuple(path)] for path in outer])
        assert_close(own, wanted, **EXACT)
        assert_close(log_of[tuple(best[row, :n].tolist())], wanted[0], **EXACT)


@given(case=CHAINS, presets=st.booleans(), seed=SEEDS)
@settings(max_examples=60)
def test_marginals_are_those_of_iob2_tags(case, presets, seed):
    distribution, mask, possible, rows = make_case(case, presets, seed)
    wanted = torch.zeros(*mask.shape, 2 * distribution.n_labels + 1).double()
    for row, (scores, _, paths) in enumerate(rows):
        for share, path in zip(scores.softmax(dim=0), paths, strict=True):
            wanted[row, range(len(path)), path] += share
    assert_close(distribution.marginals(mask, possible), wanted, **EXACT)


def test_softened_probabilities_are_those_of_less_different_scores():
    distribution, mask, _, rows = make_case(make_moderate(0), False, 0)
    spans = all_spans(mask, 2)
    lattice = make_lattice(distribution.soften(4.0), mask)
    wanted = enumerate_spans([(scores / 4, *paths) for scores, *paths in rows], spans)
    assert_close(lattice.log_probability(spans).exp(), wanted, **EXACT)


@pytest.mark.parametrize("notation", Notation)
def test_tags_that_cannot_be_at_an_edge_leave_exponentials_alone(notation, monkeypatch):
    monkeypatch.setattr(messages, "sum_logs", None)
    scheme = chain_scheme(notation, 2)
    legal, last = torch.from_numpy(scheme.legal), torch.from_numpy(scheme.last)
    emissions, mask = make_emissions(3, 5, len(last)).double(), make_mask([5, 1, 3])
    emissions[:, 0, ~legal[-1]] = 1e4
    for row, n in enumerate([5, 1, 3]):
        emissions[row, n - 1, ~last] = 1e4
    chain = Chain.free(emissions).constrain(legal, last)
    lattice = make_lattice(TagDistribution(chain, emissions, notation), mask)
    total = chain.log_partition(emissions, mask)
    assert_close(lattice.total, total, **EXACT)


@given(case=CHAINS, presets=st.booleans(), seed=SEEDS)
@settings(max_examples=40)
def test_absent_spans_equal_enumeration(case, presets, seed):
    crf, scores, _ = case
    distribution, mask, possible, rows = make_case(case, presets, seed)
    of_labels, of_any = all_spans(mask, distribution.n_labels), all_spans(mask, 1)
    of_any.label.fill_(ANY_LABEL)
    records = Spans(*map(torch.cat, zip(of_labels, of_any, strict=True)))
    found = log_complement(
        crf.chain, scores, mask, records, possible, Notation.BIOES
    ).detach()
    wanted = []
    for row, start, end, label in zip(*(x.tolist() for x in records), strict=True):
        scores, _, paths = rows[row]
        labels = range(distribution.n_labels) if label == ANY_LABEL else [label]
        some = {(start, end, label) for label in labels}
        absent = torch.tensor([not some & entities_of(path) for path in paths])
        wanted.append(scores[absent].logsumexp(0) - scores.logsumexp(0))
    assert_close(found, torch.stack(wanted), **EXACT)


def make_small():
    """Scores of two types, not far apart, for rows of four, one and three tokens."""
    scores = make_emissions(11, 9, seed=1).double()
    chain = Chain(scores[0], scores[1:10], scores[10])
    emissions = make_emissions(3, 4, 9, seed=2).double().requires_grad_()
    mask = make_mask([4, 1, 3])
    return chain, emissions, mask, all_spans(mask, 2)


def test_gradient_of_absent_spans_equals_finite_differences():
    chain, emissions, mask, spans = make_small()
    leaves = [part.requires_grad_() for part in chain]
    some = spans.take(torch.arange(0, len(spans.row), 3))

    def compute(emissions, *chain):
        return log_complement(
            Chain(*chain), emissions, mask, some, None, Notation.BIOES
        )

    assert torch.autograd.gradcheck(compute, (emissions, *leaves))
    loss = unlikelihood(chain, emissions, mask, some, Notation.BIOES)
    assert_close(loss, -compute(emissions, *chain).sum(), **EXACT)


def test_exponentials_suffice_where_there_is_a_sequence(monkeypatch):
    monkeypatch.setattr(partition, "sum_logs", None)
    chain, emissions, mask, spans = make_small()
    log_complement(chain, emissions, mask, spans, None, Notation.BIOES)
    spans.label.fill_(ANY_LABEL)
    log_complement(chain, emissions, mask, spans, None, Notation.BIOES)


@st.composite
def golds(draw):
    """A chain, and gold of whole entities of which tokens outside may be unknown."""
    crf, emissions, mask = draw(CHAINS)
    n_labels = crf.num_tags // 4
    gold = torch.full(mask.shape, 7)  # padding is not read
    for row, n in enumerate(mask.sum(dim=1).tolist()):
        path = draw(st.sampled_from(sorted(spelled(n, n_labels).values())))
        gold[row, :n] = torch.tensor(path)
        unknown = draw(st.sets(st.sampled_from(range(n))))
        for start, end, _ in entities_of(path):
            if unknown & {*range(start, end)}:
                unknown |= {*range(start, end)}
        gold[row, [*unknown]] = -1
    return crf, emissions, mask, gold


@given(case=golds(), possible=st.sampled_from(["all", "whole", "few"]), seed=SEEDS)
@settings(max_examples=100)
def test_loss_equals_enumeration(case, possible, seed):
    crf, emissions, mask, gold = case
    tags = BIOES.of(crf.num_tags // 4, CPU)
    allowed = make_allowed(gold, mask, crf.num_tags // 2 + 1, possible, seed)
    inner, some = tags.read_gold(gold, mask, allowed)
    unknown = gold < 0
    n_unknown, n_tokens = (mask & unknown).sum(dim=1), mask.sum(dim=1)
    assert (some is None) == (not ((n_unknown > 0) & (n_unknown < n_tokens)).any())
    found = crf.chain.nll(emissions, inner, mask, some, tags.legal)
    if allowed is None:
        allowed = torch.ones(*mask.shape, crf.num_tags // 2 + 1, dtype=torch.bool)
    for row, n in enumerate(mask.sum(dim=1).tolist()):
        known = gold[row, :n].tolist()
        agreeing = [
            path
            for path, outer in spelled(n, crf.num_tags // 4).items()
            if all(g < 0 or g == t for g, t in zip(known, outer, strict=True))
            and all(allowed[row, i, outer[i]] for i in range(n) if known[i] < 0)
            and is_whole(outer, known)
        ]
        if some is not None and possible != "few":
            # nothing but what some sequence has
            wanted = torch.zeros(n, crf.num_tags, dtype=torch.bool)
            for path in agreeing:
                wanted[range(n), path] = True
            assert torch.equal(some[row, :n], wanted)
        if all(tag < 0 for tag in known):
            assert found[row] == 0
            continue
        here = slice(row, row + 1), slice(n)
        total = crf.chain.log_partition(emissions[here], mask[here])
        scores = [score(crf.chain, emissions[row], path) for path in agreeing]
        wanted = total[0] - torch.stack(scores).logsumexp(0)
        assert_close(found[row], wanted, **EXACT)


def make_allowed(gold, mask, n_tags, kind, seed):
    """Which IOB2 tags a token may have of which the gold is unknown: all of them, those
    that leave gold entities whole, or O and a few more."""
    if kind == "all":
        return None
    padded = gold.masked_fill(~mask, -1).numpy()
    possible = torch.from_numpy(possible_tags(padded, n_tags))
    if kind == "few":
        few = make_emissions(*possible.shape, seed=seed) > 0.5
        few[..., 0] = True
        possible &= few | (gold >= 0).unsqueeze(2)
    possible[~mask] = False  # what stands on padding does not count
    return possible


def is_whole(path, known):
    """Whether no entity lies in what is known and in what is not."""
    return all(
        len({known[place] < 0 for place in range(start, end)}) == 1
        for start, end, _ in entities_of(path)
    )


@given(case=golds())
@settings(max_examples=30)
def test_exponentials_suffice_for_gold(case):
    crf, emissions, mask, gold = case
    tags = BIOES.of(crf.num_tags // 4, CPU)
    inner, possible = tags.read_gold(gold, mask)
    assert torch.equal(tags.outer(inner), gold.masked_fill(~mask, -1))
    if possible is None:
        return
    free = Chain.free(emissions.detach()).constrain(tags.legal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition, "sum_logs", None)
        free.log_partition(torch.zeros_like(emissions), mask, possible)


@given(rows=st.lists(st.lists(st.integers(-1, 6), min_size=5, max_size=5), min_size=1))
def test_gold_is_read_as_everywhere(rows):
    tags = torch.tensor(rows)
    found = to_bioes(tags)
    assert torch.equal(found, torch.from_numpy(to_bioes(tags.numpy())))
    for row, inner in zip(rows, found.tolist(), strict=True):
        known = [max(tag, 0) for tag in row]
        wanted = zip(row, spell(tuple(known)), strict=True)
        assert inner == [-1 if tag < 0 else spelled for tag, spelled in wanted]
