"""Small tensors, and the long way round: every sequence of tags, one by one."""

from functools import lru_cache
from itertools import product

import torch
import torchcrf
from hypothesis import strategies as st

from spacy_moee.networks.crf import CRF
from spacy_moee.networks.network import Inputs, Targets
from spacy_moee.scheme import Notation, chain_scheme, iob2_scheme
from spacy_moee.scheme import spans as read_spans

# also far beyond what an exponential holds, of a float64 even
SIZES = st.sampled_from([0.1, 1.0, 30.0, 1e3, 1e4])


def make_emissions(*shape, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator) * scale


def make_gold(n_batch, n_steps, n_tags, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(n_tags, (n_batch, n_steps), generator=generator)


def make_mask(lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def make_crf(n_tags, seed=0, scale=1.0):
    crf = CRF(n_tags)
    randomize(crf, seed, scale)
    return crf


def make_legal(n_labels):
    return torch.from_numpy(iob2_scheme(n_labels).legal)


def randomize(module, seed=0, scale=1.0):
    """Give every parameter a value that matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)


def score_paths(crf, emissions, paths):
    """The score of each sequence of tags; emissions of shape [seq, tags]."""
    paths = torch.tensor(paths)
    scores = crf.start_transitions[paths[:, 0]] + crf.end_transitions[paths[:, -1]]
    for step in range(paths.shape[1]):
        scores = scores + emissions[step, paths[:, step]]
        if step:
            scores = scores + crf.transitions[paths[:, step - 1], paths[:, step]]
    return scores


def all_paths(n_steps, n_tags):
    return list(product(range(n_tags), repeat=n_steps))


def is_legal(path, legal):
    return all(bool(legal[a, b]) for a, b in zip((-1, *path), path, strict=False))


@lru_cache(maxsize=2**12)
def entities_of(path):
    """The entities of a sequence of IOB2 tags."""
    found = read_spans(torch.tensor(path).numpy())
    return {*zip(*(part.tolist() for part in found), strict=True)}


def spell(path):
    """The BIOES tags of a legal sequence of IOB2 tags."""
    tags = [0] * len(path)
    for start, end, label in entities_of(path):
        borders = "S" if end - start == 1 else "B" + "I" * (end - start - 2) + "E"
        for place, border in enumerate(borders, start):
            tags[place] = 1 + 4 * label + "BIES".index(border)
    return tuple(tags)


@lru_cache
def spelled(n_steps, n_labels):
    """All legal sequences of IOB2 tags, by their BIOES tags."""
    legal = make_legal(n_labels)
    paths = all_paths(n_steps, 2 * n_labels + 1)
    return {spell(path): path for path in paths if is_legal(path, legal)}


def brute_nll(crf, emissions, gold):
    """Minus the log of the share of the paths that agree with the known gold."""
    paths = all_paths(len(emissions), emissions.shape[1])
    scores = score_paths(crf, emissions, paths)
    agree = [all(g < 0 or g == t for g, t in zip(gold, p, strict=True)) for p in paths]
    return scores.logsumexp(0) - scores[torch.tensor(agree)].logsumexp(0)


def brute_best(crf, emissions, legal=None):
    paths = all_paths(len(emissions), emissions.shape[1])
    if legal is not None:
        paths = [path for path in paths if is_legal(path, legal)]
    return list(paths[int(score_paths(crf, emissions, paths).argmax())])


def make_scores(generator, shape, size):
    """Scores of some size, a third of them at its very ends, and many alike."""
    scores = torch.randn(shape, generator=generator, dtype=torch.float64) * size
    ends = torch.randint(-2, 3, shape, generator=generator) * size
    return torch.where(ends.abs() == 2 * size, ends / 2, scores)


@st.composite
def chains(draw, max_labels=3, max_steps=6, max_batch=4, notation=Notation.IOB2):
    """A CRF in float64, emissions and a mask."""
    n_labels = draw(st.integers(0, max_labels))
    n_tags = len(notation.value) * n_labels + 1
    lengths = st.lists(st.integers(1, max_steps), min_size=1, max_size=max_batch)
    mask = make_mask(draw(lengths))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))
    crf = CRF(n_tags).double()
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.copy_(make_scores(generator, parameter.shape, draw(SIZES)))
        if draw(st.booleans()):
            legal = torch.from_numpy(chain_scheme(notation, n_labels).legal)
            crf.transitions[~legal[:-1]] = -1e4
    emissions = make_scores(generator, (*mask.shape, n_tags), draw(SIZES))
    return crf, emissions.requires_grad_(), mask


def stock_of(crf):
    """torchcrf's own code, with the same parameters."""
    stock = torchcrf.CRF(crf.num_tags, batch_first=True)
    for name, parameter in crf.named_parameters():
        setattr(stock, name, parameter)
    return stock


def viterbi(crf, emissions, mask, legal=None):
    """The best tags of each row."""
    chain = crf.chain if legal is None else crf.chain.constrain(legal)
    return chain.best_paths(emissions, mask)


def run(network, vectors, lengths, dropout=0.0):
    return network(Inputs(vectors, lengths, dropout))


def get_loss(network, outputs, gold, lengths):
    return network.loss(outputs, Targets(gold, lengths))


def add_up(loss):
    """The weighted sum of the parts, each a sum over its units."""
    return sum(loss.weights[name] * value for name, value in loss.sums.items())


def decode(network, outputs, lengths, **settings):
    return network.decode(outputs, lengths, **settings).tags
