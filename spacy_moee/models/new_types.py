"""Entity types that are described: a network takes new ones at any time."""

from typing import Dict, Sequence

import numpy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import warn
from .descriptions import (
    Described,
    embed_phrases,
    join_types,
    reads_vocab,
    sizes_of,
    type_vectors,
)
from .families import Constants, EntityType, Family
from .types import MoEEModelT
from .wrapper import get_constants, is_built, set_constants

# how far a description's vector may have moved, as a part of its length: vectors that
# are carried along in half precision, or pruned, are not quite the same
TOLERANCE = 0.1


class DescribedTypes(Family):
    """Networks that know an entity type by the vectors of a description, and perhaps of
    examples. RAISES (MoeeError), beside M106: M103, for what is no description; M105,
    if there are no word vectors."""

    needs_description = True

    def make_constants(
        self, model: MoEEModelT, sample: Sequence[Doc], labels: Sequence[str]
    ) -> Constants:
        """Embed the descriptions; a type without one is called its label."""
        described = Described.of(model)
        for label in labels:
            described = described.add(label)
        model.attrs.update(described._asdict())
        return type_vectors(model, sample[0].vocab, labels, described)

    def read_sizes(self, model: MoEEModelT, constants: Constants) -> Dict[str, int]:
        """Read the width of the vectors, and the most examples of a type."""
        return sizes_of(constants)

    def set_type(
        self, model: MoEEModelT, vocab: Vocab, labels: Sequence[str], new: EntityType
    ) -> bool:
        """Describe a type, another one being the last."""
        described, label = Described.of(model), new.label
        after = described.add(*new)
        if is_built(model):
            _check_vectors(model, vocab, labels, described)
            vectors = type_vectors(model, vocab, [label], after)
            constants = join_types(get_constants(model, list(vectors)), vectors)
            if label in labels:
                # the last row takes the place of the one before
                rows = [*range(len(labels))]
                rows[labels.index(label)] = len(labels)
                constants = {name: values[rows] for name, values in constants.items()}
            set_constants(model, constants, len({*labels, label}))
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
        # an error of join_types
        return
    moved = numpy.linalg.norm(now - before, axis=1)
    far = moved > TOLERANCE * numpy.linalg.norm(before, axis=1)
    if far.any():
        label = labels[int(far.argmax())]
        warn("MW13", label=label, text=described.descriptions[label])
