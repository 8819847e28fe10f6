"""A distribution of sequences from what is known of each token by itself."""

import math

import torch
from torch import Tensor

from .crf import Chain, TagDistribution


def posterior_distribution(log_marginals: Tensor, legal: Tensor) -> TagDistribution:
    """Make the distribution in which tokens are independent, but for the moves that are
    legal. Its tags may come from anywhere: a mean of several networks, or of several
    places of a doc.

    log_marginals (Tensor): The log of the probability of each tag of each token, shape
        [batch, seq, tags]. One of 0 counts as the smallest that there is: else a token
        of which one source says that it is B-PER, and another that it is O, could not
        be anything. Values on padding are not read.
    legal (Tensor): Which tag may follow which, shape [tags + 1, tags].
    RETURNS (TagDistribution): The probabilities of all legal sequences.
    """
    smallest = math.log(torch.finfo(log_marginals.dtype).tiny)
    chain = Chain.free(log_marginals).constrain(legal)
    return TagDistribution(chain, log_marginals.clamp(min=smallest))
