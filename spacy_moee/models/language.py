"""How well a model predicts the words of raw text."""

from typing import Sequence, cast

import torch
from spacy.tokens import Doc

from ..networks.network import LanguageModel
from . import batches
from .families import Family
from .reading import read_to_predict
from .types import MoEEModelT
from .wrapper import is_built, network_of


def predicts_words(model: MoEEModelT) -> bool:
    """Whether a model has learned, or will learn, to predict words.

    model (Model[List[Doc], Scores]): A model of this package.
    RETURNS (bool): Whether it does. It does not before it is built.
    """
    network = network_of(model) if is_built(model) else None
    return isinstance(network, LanguageModel) and network.n_words > 1


def measure_perplexity(model: MoEEModelT, docs: Sequence[Doc]) -> float:
    """Measure how well a model predicts the words of raw text: e to the mean, over all
    tokens, of minus the log of the probability of the next word and of the one before,
    among all words of the vocabulary. All words outside it are one, as is what lies
    beyond the edges of a sentence. 1 is perfect; the number of words is a guess.

    model (Model[List[Doc], Scores]): A model that predicts words.
    docs (Sequence[Doc]): Raw text, with its domain (`doc._.moee_raw` and
        `doc._.moee_domain`).
    RETURNS (float): The perplexity; not a number, if there is no token.
    """
    network = network_of(model)
    assert isinstance(network, LanguageModel)
    layout = batches.lay_out(docs, model.attrs["segments"])
    if not any(layout.doc_lengths):
        return float("nan")
    device = next(network.named_parameters())[1].device
    vectors = model.get_ref("tok2vec").predict([*docs])
    table = batches.flatten(vectors, device)
    batches.check_finite(table, docs)
    family = cast(Family, model.attrs["family"])
    # the words are wanted, as in training
    origins = family.find_origins(model, docs, is_train=True)
    read = read_to_predict(network, table, layout, origins)
    parts = [
        network.word_nll(batch.outputs, batch.lengths, batch.origin)
        for batch in read
        if batch.origin is not None
    ]
    return float(torch.cat(parts).double().mean().exp())
