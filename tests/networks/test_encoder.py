import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.testing import assert_close

from spacy_moee.networks.encoder import BiLSTM

from .util import make_emissions, make_mask


def make_encoder(width=5, hidden_width=4, depth=2, seed=0):
    torch.manual_seed(seed)
    return BiLSTM(width, hidden_width, depth)


def run_packed(lstm, vectors, lengths):
    packed = pack_padded_sequence(
        vectors, lengths, batch_first=True, enforce_sorted=False
    )
    return pad_packed_sequence(lstm(packed)[0], batch_first=True)[0]


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    width=st.integers(1, 6),
    hidden_width=st.integers(1, 5),
    depth=st.integers(1, 3),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=25)
def test_equals_packed_lstm(lengths, width, hidden_width, depth, seed):
    encoder = make_encoder(width, hidden_width, depth, seed)
    mask = make_mask(lengths)
    vectors = make_emissions(*mask.shape, width, seed=seed).requires_grad_()
    weight = make_emissions(*mask.shape, 2 * hidden_width, seed=seed + 1)
    leaves = [vectors, *encoder.parameters()]
    found = encoder(vectors, mask)
    wanted = run_packed(encoder.lstm, vectors, lengths)
    assert_close(found, wanted)
    assert (found[~mask] == 0).all()
    for a, b in zip(
        torch.autograd.grad((found * weight).sum(), leaves),
        torch.autograd.grad((wanted * weight).sum(), leaves),
        strict=True,
    ):
        assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_equals_packed_lstm_without_gradient():
    encoder, lengths = make_encoder(), [6, 1, 3]
    vectors = make_emissions(3, 6, 5)
    with torch.no_grad():
        wanted = run_packed(encoder.lstm, vectors, lengths)
        assert_close(encoder(vectors, make_mask(lengths)), wanted)


@pytest.mark.parametrize("depth", [1, 2])
def test_padding_and_batch_mates_do_not_matter(depth):
    encoder, lengths = make_encoder(depth=depth), [7, 3, 1]
    mask, vectors = make_mask(lengths), make_emissions(3, 7, 5)
    states = encoder(vectors, mask)
    vectors[~mask] = 50.0
    assert_close(encoder(vectors, mask), states)
    for row, n in enumerate(lengths):
        alone = encoder(vectors[row : row + 1, :n], mask[row : row + 1, :n])
        assert_close(alone[0], states[row, :n])


def test_padding_gets_no_gradient():
    encoder, mask = make_encoder(), make_mask([5, 2])
    vectors = make_emissions(2, 5, 5).requires_grad_()
    encoder(vectors, mask).sum().backward()
    assert (vectors.grad[~mask] == 0).all()
    assert (vectors.grad[mask] != 0).all()


def test_rate_zero_drops_nothing_even_in_training_mode():
    encoder, mask = make_encoder(), make_mask([5, 2])
    vectors = make_emissions(2, 5, 5)
    states = encoder(vectors, mask)
    for mode in (True, False):
        assert_close(encoder.train(mode)(vectors, mask, 0.0), states)


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_is_on_each_input_and_on_no_output(mode, monkeypatch):
    encoder, mask = make_encoder(width=50, hidden_width=40), make_mask([5, 2])
    encoder.train(mode)
    vectors = make_emissions(2, 5, 50)
    seen = []
    run = encoder._run
    monkeypatch.setattr(encoder, "_run", lambda n, x, t: seen.append(x) or run(n, x, t))
    torch.manual_seed(1)
    states = encoder(vectors, mask, 0.5)
    assert len(seen) == 2
    for inputs in seen:
        share = float((inputs[mask][:, :-1] == 0).float().mean())
        assert 0.3 < share < 0.7
        # the column that marks padding is never dropped
        assert torch.equal(inputs[:, :, -1] == 1, ~mask)
    kept = seen[0][:, :, :-1] != 0
    assert_close(seen[0][:, :, :-1][kept], 2 * vectors[kept])
    assert (states[mask] != 0).all()
    assert (states[~mask] == 0).all()
    assert not torch.equal(states, encoder(vectors, mask, 0.5))


@pytest.mark.parametrize("depth", [1, 2])
def test_factors_of_a_table_stand_for_its_sums(depth):
    encoder, mask = make_encoder(width=9, depth=depth), make_mask([5, 2])
    vectors, factors = make_emissions(2, 5, 5), make_emissions(2, 5, 3, seed=1)
    table = make_emissions(3, 4, seed=2).requires_grad_()
    short = encoder(torch.cat([vectors, factors], dim=2), mask, table=table)
    (gradient,) = torch.autograd.grad(short.sum(), [table])
    whole = encoder(torch.cat([vectors, factors @ table], dim=2), mask)
    (expected,) = torch.autograd.grad(whole.sum(), [table])
    assert_close(short, whole)
    assert_close(gradient, expected, atol=1e-4, rtol=1e-4)
