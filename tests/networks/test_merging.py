"""The probability of merged tags against all that the types can say."""

from itertools import product

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.merging import merge_best, merge_logs, number_tags
from spacy_moee.scheme import iob2_scheme


@given(n_types=st.integers(1, 3), ties=st.booleans(), seed=st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_equals_enumeration(n_types, ties, seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(2, 2, n_types, 3, generator=generator, dtype=torch.float64)
    strength = torch.randn(2, 2, n_types, generator=generator)
    strength = strength.round() if ties else strength
    scheme = iob2_scheme(n_types)
    numbers = number_tags(*map(torch.from_numpy, (scheme.category, scheme.boundary)))
    found = merge_logs(scores, strength, numbers).exp()
    wanted = torch.zeros_like(found)
    probabilities = scores.softmax(dim=3)
    # what each type says of a token: O, B or I
    for said in product(range(3), repeat=n_types):
        says = torch.tensor(said).unsqueeze(1)
        probability = probabilities.gather(3, says.expand(2, 2, -1, -1)).prod(dim=2)
        one_hot = torch.nn.functional.one_hot(says.squeeze(1), 3).double()
        tags = merge_best(one_hot.expand(2, 2, -1, -1), strength, numbers)
        wanted.scatter_add_(2, tags.unsqueeze(2), probability)
    assert_close(found, wanted, atol=1e-12, rtol=0)
