"""Predicting a word among many: the softmax over a vocabulary, and its estimate from a
few words that are drawn (Jean et al. 2015, section 3; Bengio and Senécal 2008)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

# a vocabulary of which the full softmax is about as fast as the estimate
SMALL = 1000
# How many more words are drawn than are wanted, since the frequent ones are drawn again
# and again.
OVERDRAWN = 8
# scores of words that are computed at once where there is no gradient: 64 MB
SCORES = 2**24


class Sample(NamedTuple):
    """Distinct words that are drawn to stand for all others.

    words (Tensor): Their numbers, shape [sample].
    expected (Tensor): How often a draw like this one has each of all words, shape
        [words].
    """

    words: Tensor
    expected: Tensor


class WordPredictor(nn.Module):
    """Predicts a word from a state: one vector and one bias for each word of the
    vocabulary. Words are numbered by falling frequency.

    n_words (int): The number of words.
    width (int): Width of a state.
    negatives (int): The number of words that stand for all others in training; 0 for
        the full softmax, which a small vocabulary always has.
    """

    log_missed: Tensor

    def __init__(self, n_words: int, width: int, negatives: int) -> None:
        super().__init__()
        self.negatives = negatives if n_words > max(SMALL, negatives) else 0
        self.vectors = nn.Parameter(torch.empty(n_words, width))
        self.bias = nn.Parameter(torch.zeros(n_words))
        bound = 1 / math.sqrt(width)
        nn.init.uniform_(self.vectors, -bound, bound)
        self.register_buffer("log_missed", log_missed(n_words), persistent=False)

    def nll(self, states: Tensor, words: Tensor) -> Tensor:
        """Compare with the words that are there, in training.

        states (Tensor): Shape [places, width].
        words (Tensor): The number of the word at each place, shape [places].
        RETURNS (Tensor): Minus the log of its probability, or the estimate of that,
            shape [places].
        """
        if not self.negatives:
            return self.full_nll(states, words)
        sample = draw(self.log_missed, self.negatives)
        return self.sampled_nll(states, words, sample)

    def full_nll(self, states: Tensor, words: Tensor) -> Tensor:
        """Compare with the words that are there, exactly. See `nll`."""
        scores = functional.linear(states, self.vectors, self.bias)
        return functional.cross_entropy(scores, words, reduction="none")

    @torch.no_grad()
    def exact_nll(self, states: Tensor, words: Tensor) -> Tensor:
        """Compare with the words that are there, exactly, without a gradient. The
        scores of all words are computed for some places at a time. See `nll`."""
        size = max(SCORES // len(self.bias), 1)
        parts = zip(states.split(size), words.split(size), strict=True)
        return torch.cat([self.full_nll(*part) for part in parts])

    def sampled_nll(self, states: Tensor, words: Tensor, sample: Sample) -> Tensor:
        """Compare with the words that are there, with a sample in the place of all
        others. What is drawn often counts for less: the log of its expected count is
        taken off its score. See `nll`."""
        # one look-up: its gradient has the size of the whole table
        looked_up = torch.cat([words, sample.words])
        vectors, bias = (
            functional.embedding(looked_up, self.vectors),
            self.bias[looked_up],
        )
        correction = sample.expected.log()
        n = len(words)
        own = (states * vectors[:n]).sum(dim=1) + bias[:n] - correction[words]
        others = torch.addmm(bias[n:] - correction[sample.words], states, vectors[n:].T)
        # the word itself may have been drawn, too
        is_own = sample.words == words.unsqueeze(1)
        others = others.masked_fill(is_own, float("-inf"))
        scores = torch.cat([own.unsqueeze(1), others], dim=1)
        return scores.logsumexp(dim=1) - own


def log_missed(n_words: int) -> Tensor:
    """Say how likely it is that one draw of a word is another one. Words are drawn
    log-uniformly: P(k) = log((k + 2) / (k + 1)) / log(n + 1), which is near to how
    often words occur that are numbered by falling frequency.

    n_words (int): The number of words.
    RETURNS (Tensor): log(1 - P) of each word, shape [words].
    """
    numbers = torch.arange(n_words, dtype=torch.float64)
    probability = torch.log1p(1 / (numbers + 1)) / math.log(n_words + 1)
    return torch.log1p(-probability).to(torch.get_default_dtype())


def draw(log_missed: Tensor, size: int) -> Sample:
    """Draw words until some number of distinct ones is there.

    log_missed (Tensor): What `log_missed` returned.
    size (int): The number of distinct words, fewer than there are.
    RETURNS (Sample): The words.
    """
    n_words, device = len(log_missed), log_missed.device
    n_drawn = size * OVERDRAWN
    while True:
        logs = torch.rand(n_drawn, device=device, dtype=torch.float64)
        drawn = (logs * math.log(n_words + 1)).exp().long() - 1
        words, place = drawn.clamp(0, n_words - 1).unique(return_inverse=True)
        if len(words) >= size:
            break
        n_drawn *= 2
    # where each word was drawn first
    order = torch.arange(n_drawn, device=device)
    first = torch.full_like(words, n_drawn).scatter_reduce_(0, place, order, "amin")
    first, kept = first.sort()
    # so many draws, with repetitions, give `size` distinct words
    n_draws = first[size - 1] + 1
    return Sample(words[kept[:size]], -torch.expm1(n_draws * log_missed))
