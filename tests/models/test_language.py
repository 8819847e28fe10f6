"""How well a model predicts the words of raw text."""

import math
from typing import Any, List

import numpy
import pytest
import torch
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Adam

from spacy_moee.models.language import measure_perplexity, predicts_words
from spacy_moee.networks import language
from spacy_moee.vocabulary import find_words
from tests.component.test_raw_text import WORDS, make_nlp, make_raw, make_step
from tests.component.util import get_module, get_ner, get_weights
from tests.component.util import make_nlp as make_plain_nlp


def make_docs(nlp: Language, domain: str) -> List[Doc]:
    return [example.predicted for example in make_raw(nlp, domain)]


def measure(nlp: Language, domain: str, docs: Any = None) -> float:
    docs = make_docs(nlp, domain) if docs is None else docs
    return measure_perplexity(get_ner(nlp).model, docs)


def measure_by_hand(nlp: Language, domain: str) -> float:
    """One sentence and one token at a time."""
    model, words = get_ner(nlp).model, get_module(nlp).words
    vectors, bias = words.vectors.detach().numpy(), words.bias.detach().numpy()
    total, count = 0.0, 0
    for doc in make_docs(nlp, domain):
        scores, _ = model.begin_update([doc])
        (states,) = scores.batches[0].outputs.states.detach().numpy()
        (numbers,) = find_words(model.attrs["vocabulary"], [doc])
        beside = [0, *numbers.tolist(), 0]
        for place, state in enumerate(states):
            half = len(state) // 2
            for part, word in (
                (state[:half], beside[place + 2]),
                (state[half:], beside[place]),
            ):
                logits = (vectors @ part + bias).astype("float64")
                total += numpy.log(numpy.exp(logits).sum()) - logits[word]
                count += 1
    return math.exp(total / count)


@pytest.mark.parametrize("domain", ["source", "target"])
@pytest.mark.parametrize("scores", [1, 200, 2**24])
def test_one_token_at_a_time(domain: str, scores: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(language, "SCORES", scores)
    nlp = make_nlp()
    for _ in range(3):
        nlp.update(make_step(nlp))
    expected = measure_by_hand(nlp, domain)
    assert measure(nlp, domain) == pytest.approx(expected, rel=1e-4)


def test_it_is_exact_where_training_draws_a_sample(monkeypatch: Any) -> None:
    exact = make_nlp(negatives=0)
    monkeypatch.setattr(language, "SMALL", 4)
    sampled = make_nlp(negatives=3)
    assert get_module(sampled).words.negatives == 3
    sampled.from_bytes(exact.to_bytes())
    assert measure(sampled, "target") == measure(exact, "target")


def test_nothing_changes(monkeypatch: Any) -> None:
    """Neither weights nor gradients, nor the random numbers of training."""
    nlp = make_nlp()
    before, state = get_weights(nlp), torch.get_rng_state()
    first = measure(nlp, "source")
    assert torch.equal(torch.get_rng_state(), state) and get_weights(nlp) == before
    parameters = get_module(nlp).parameters()
    assert all(parameter.grad is None for parameter in parameters)
    # in as many batches as memory needs
    monkeypatch.setattr("spacy_moee.padding.MAX_PADDED", 8)
    assert measure(nlp, "source") == pytest.approx(first, rel=1e-5)


def test_training_lowers_it() -> None:
    nlp = make_nlp()
    before = measure(nlp, "target")
    optimizer = Adam(0.03, L2=0.0, grad_clip=0.0)
    for _ in range(20):
        nlp.update(make_step(nlp), sgd=optimizer)
    assert measure(nlp, "target") < before / 2
    assert before == pytest.approx(len(WORDS) + 1, rel=0.5)


def test_no_token() -> None:
    nlp = make_nlp()
    assert math.isnan(measure(nlp, "source", []))
    empty, (text, _) = nlp.make_doc(""), make_docs(nlp, "source")
    assert math.isnan(measure(nlp, "source", [empty]))
    found = measure(nlp, "source", [empty, text, empty])
    assert found == pytest.approx(measure(nlp, "source", [text]), rel=1e-6)


def test_who_predicts_words() -> None:
    assert predicts_words(get_ner(make_nlp()).model)
    no_words = make_nlp(words=None, domain="source", language_weight=0.0)
    assert not predicts_words(get_ner(no_words).model)
    plain = make_plain_nlp()
    assert not predicts_words(get_ner(plain).model)
