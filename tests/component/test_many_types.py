"""A thousand entity types: no array grows with the square of the tags in each row."""

import random
from typing import Any, Tuple

import pytest
import spacy
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from spacy_moee.networks.viterbi import TILE

from .util import TINY

MOEE = {"@architectures": "spacy_moee.MoEETagger.v1", **TINY}
FLOAT = 4


class Largest(TorchDispatchMode):
    """Remembers the bytes of the largest tensor that is made."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Tuple = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                # a view is as large as what it shows
                self.bytes = max(self.bytes, leaf.untyped_storage().nbytes())
        return result


def make_pipeline(n_types, n_docs, n_tokens, **settings):
    nlp, rng = spacy.blank("en"), random.Random(0)
    config = {"model": {**MOEE, **settings}}
    pipe = nlp.add_pipe("moee_ner", config=config)
    labels = [f"T{i}" for i in range(n_types)]
    for label in labels:
        pipe.add_label(label)
    examples = []
    for number in range(n_docs):
        words = rng.choices("abcdefgh", k=n_tokens)
        gold = Doc(nlp.vocab, words=words)
        # of some tokens nothing is known
        missing = [gold[-1:]] if number % 3 == 0 else []
        entity = Span(gold, 0, 2, rng.choice(labels))
        gold.set_ents([entity], missing=missing, default="outside")
        examples.append(Example(Doc(nlp.vocab, words=words), gold))
    return nlp, examples, nlp.initialize(lambda: examples)


@pytest.mark.parametrize("constrained", [True, False])
@pytest.mark.parametrize("part", ["crf", "experts", "neither"])
def test_no_array_of_tags_squared_in_each_row(part, constrained):
    settings = {"crf": part == "crf", "experts": part == "experts"}
    settings["constrained"] = constrained
    nlp, examples, optimizer = make_pipeline(100, 64, 5, **settings)
    with Largest() as largest:
        nlp.update(examples, sgd=optimizer)
        list(nlp.pipe([example.predicted.copy() for example in examples]))
    n_tags = 201
    limit = FLOAT * max(TILE, n_tags**2)
    assert largest.bytes <= limit < FLOAT * len(examples) * n_tags**2 / 4


def test_a_thousand_types_from_end_to_end():
    nlp, examples, optimizer = make_pipeline(1000, 6, 4)
    with Largest() as largest:
        for _ in range(2):
            losses = nlp.update(examples, sgd=optimizer)
        docs = list(nlp.pipe([example.predicted.copy() for example in examples]))
    assert largest.bytes <= FLOAT * 2001 * 2001
    assert 0 < losses["moee_ner"] < float("inf")
    other = spacy.blank("en")
    other.add_pipe("moee_ner", config={"model": MOEE})
    other.from_bytes(nlp.to_bytes())
    again = other.pipe([example.predicted.copy() for example in examples])
    assert [doc.ents for doc in docs] == [doc.ents for doc in again]
