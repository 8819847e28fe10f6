"""Entity types that a model gets after it was made, or described anew."""

from typing import Any, Optional, Sequence

import numpy
from spacy.vocab import Vocab

from ..errors import MoeeError, warn
from .descriptions import (
    Described,
    embed_phrases,
    join_types,
    reads_vocab,
    type_vectors,
)
from .types import MoEEModelT
from .wrapper import get_constants, is_built, set_constants

# how far a description's vector may have moved, as a part of its length: vectors that
# are carried along in half precision, or pruned, are not quite the same
TOLERANCE = 0.1


def set_type(
    model: MoEEModelT,
    vocab: Vocab,
    labels: Sequence[str],
    label: str,
    scheme: Any,
    description: Optional[str],
    examples: Optional[Sequence[str]],
) -> bool:
    """Make room for one more entity type, or describe one of them anew. A network
    whose types are described takes it at any time, others until they are built.

    model (Model[List[Doc], Scores]): The model.
    vocab (Vocab): Has the word vectors that a description is made of.
    labels (Sequence[str]): The types that there are.
    label (str): The type, one of them or another.
    scheme (TagScheme): The tags of all types, another one being the last.
    description (Optional[str]): What it is called.
    examples (Optional[Sequence[str]]): Entities of the type.
    RETURNS (bool): Whether there is room.
    RAISES (MoeeError): M103, for what is no description; M105, if there are no word
        vectors; M106, for what this network does not read.
    """
    described = Described.of(model)
    if described is None:
        if description is not None or examples is not None:
            raise MoeeError("M106", label=label, what="a description")
        return not is_built(model)
    after = described.add(label, description, examples)
    if is_built(model):
        _check_vectors(model, vocab, labels, described)
        new = type_vectors(model, vocab, [label], after)
        constants = join_types(get_constants(model, list(new)), new)
        if label in labels:
            # the last row takes the place of the one before
            rows = [*range(len(labels))]
            rows[labels.index(label)] = len(labels)
            constants = {name: values[rows] for name, values in constants.items()}
        set_constants(model, scheme, constants)
    model.attrs.update(after._asdict())
    return True


def _check_vectors(
    model: MoEEModelT, vocab: Vocab, labels: Sequence[str], described: Described
) -> None:
    """Warn if the vocabulary's vectors are others than those of the training."""
    if not reads_vocab(model):
        # an encoder is saved with the model; fine-tuning may have moved its table
        return
    before = get_constants(model, ["descriptions"])["descriptions"]
    texts = [described.descriptions[label] for label in labels]
    now = embed_phrases(model, vocab, texts)
    if before.shape != now.shape:
        # told by join_types
        return
    moved = numpy.linalg.norm(now - before, axis=1)
    far = moved > TOLERANCE * numpy.linalg.norm(before, axis=1)
    if far.any():
        label = labels[int(far.argmax())]
        warn("MW13", label=label, text=described.descriptions[label])
