"""Small docs, tags and models."""

import random
from typing import Any

import numpy
import spacy
from spacy.tokens import Doc
from thinc.api import Model

from spacy_moee.models.readout import read_out
from spacy_moee.models.segments import Segments
from spacy_moee.models.tagger import build_moee_tagger_v1
from spacy_moee.scheme import iob2_scheme

VOCAB = spacy.blank("en").vocab
SCHEME = iob2_scheme(2)  # O, B-0, I-0, B-1, I-1
WIDTH = 6
WORDS = "Anna lives in New York City and sings".split()


def make_doc(n_tokens, sent_starts=None, seed=0):
    rng = random.Random(seed)
    words = [rng.choice(WORDS) for _ in range(n_tokens)]
    doc = Doc(VOCAB, words=words)
    for i in sent_starts or ():
        doc[i].is_sent_start = True
    return doc


def make_docs(*lengths, seed=0):
    return [make_doc(n, seed=seed + i) for i, n in enumerate(lengths)]


def make_tags(n_tokens, seed=0, missing=0.0):
    """A legal sequence of tags; some tokens between entities are unknown."""
    rng = random.Random(seed)
    tags = []
    while len(tags) < n_tokens:
        if rng.random() < 0.5:
            tags.append(-1 if rng.random() < missing else 0)
        else:
            begin = rng.choice([1, 3])
            tags += [begin] + [begin + 1] * rng.randrange(4)
    return numpy.array(tags[:n_tokens], dtype="int64")


def is_legal(tags):
    before = numpy.concatenate([[-1], tags[:-1]])
    return bool(SCHEME.legal[before, tags].all()) if len(tags) else True


def make_tok2vec(vectors=None, width=WIDTH):
    """An embedding layer that knows each word by heart, or gives `vectors`, and
    keeps the gradient that comes back (see `recorded`)."""
    table = numpy.random.default_rng(0).normal(size=(len(WORDS), width))

    def forward(model, docs, is_train):
        forward.calls.append(is_train)
        given = vectors
        if given is None:
            given = [table[[WORDS.index(t.text) for t in doc]] for doc in docs]
        output = [numpy.asarray(v, dtype="f").reshape(-1, width) for v in given]

        def backprop(d_output):
            forward.gradients.append(d_output)
            return []

        return output, backprop

    forward.calls, forward.gradients = [], []
    return Model("fake", forward, dims={"nO": width})


def recorded(model):
    """The `calls` and `gradients` of the fake embedding layer of a model."""
    return model.get_ref("tok2vec")._func


def make_model(docs=None, tok2vec=None, max_length=256, overlap=64, **changes):
    model = build_moee_tagger_v1(
        tok2vec or make_tok2vec(),
        **{
            "hidden_width": 5,
            "depth": 2,
            "expert_width": 4,
            "segments": Segments(True, max_length, overlap),
            **changes,
        },
    )
    model.initialize(X=docs or make_docs(3), Y=["A", "B"])
    return model


def decode(model, docs, scores, presets):
    """The tags of each doc."""
    return [row.tags for row in read_out(docs, scores, presets)]


def get_module(model: Any) -> Any:
    return model.shims[0].module
