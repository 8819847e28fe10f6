"""What entity types are called, and what they look like, as constant vectors."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy
from numpy import ndarray
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.util import to_numpy

from ..errors import MoeeError, warn

# The paper's, after the authors' data; "overwrite" follows their order.
DESCRIPTIONS: Dict[str, str] = {
    "LOC": "location",
    "PER": "person",
    "ORG": "organization",
    "MISC": "miscellaneous",
}
EXAMPLES: Dict[str, List[str]] = {
    "LOC": ["france", "russia"],
    "PER": ["quigley", "samokhalova"],
    "ORG": ["aberdeen", "nantes"],
    "MISC": ["english", "eu-wide"],
}


class Described(NamedTuple):
    """What the types of a model are called. It lies in the model's `attrs`, so that
    it is saved with it.

    descriptions (Dict[str, str]): One word or more for each type.
    examples (Optional[Dict[str, List[str]]]): Entities of each type; None for the
        Concept Tagger, which reads none.
    """

    descriptions: Dict[str, str]
    examples: Optional[Dict[str, List[str]]]

    @classmethod
    def of(cls, model: Model) -> Optional["Described"]:
        """Read it.

        model (Model[List[Doc], Scores]): Any model of this package.
        RETURNS (Optional[Described]): None, if its types are not described.
        """
        if "descriptions" not in model.attrs:
            return None
        return cls(*(model.attrs[name] for name in cls._fields))

    def add(
        self,
        label: str,
        description: Optional[str] = None,
        examples: Optional[Sequence[str]] = None,
    ) -> "Described":
        """Describe a type. What is not given stays as it was; a type that nothing is
        said of is called its label, in lower case.

        label (str): The entity type.
        description (Optional[str]): One word or more.
        examples (Optional[Sequence[str]]): Entities of the type.
        RETURNS (Described): Another object.
        RAISES (MoeeError): M106, for examples that are not read.
        """
        before = self.descriptions.get(label, label.lower())
        texts = {**self.descriptions, label: before}
        if description is not None:
            texts[label] = description
        if examples is None:
            return Described(texts, self.examples)
        if self.examples is None:
            raise MoeeError("M106", label=label, what="examples")
        return Described(texts, {**self.examples, label: list(examples)})


def type_vectors(
    model: Model, vocab: Vocab, labels: Sequence[str], described: Described
) -> Dict[str, ndarray]:
    """Make the constants that a `ConceptNetwork` knows the types by.

    model (Model[List[Doc], Scores]): The model.
    vocab (Vocab): Has the word vectors, for embeddings that have no phrases of their
        own (an encoder has).
    labels (Sequence[str]): The entity types.
    described (Described): What they are called.
    RETURNS (Dict[str, ndarray]): By name, each with a row a type.
    RAISES (MoeeError): M105, if there are no word vectors.
    """
    table = described.descriptions
    texts = [table[label] for label in labels]
    vectors = _embed(model, vocab, texts, mean=False)
    for label, text, vector in zip(labels, texts, vectors, strict=True):
        if not vector.any():
            warn("MW11", label=label, text=text)
    ranks = {label: rank for rank, label in enumerate(table)}
    constants = {
        "rank": numpy.asarray([ranks[label] for label in labels], dtype="int64"),
        "descriptions": vectors,
    }
    if described.examples is None:
        return constants
    examples = [described.examples.get(label, []) for label in labels]
    # never none at all, so that examples can be added later
    shape = len(labels), max(1, *(len(of_type) for of_type in examples))
    constants["examples"] = numpy.zeros((*shape, vectors.shape[1]), dtype="float32")
    constants["is_example"] = numpy.zeros(shape, dtype="bool")
    for row, of_type in enumerate(examples):
        found = _embed(model, vocab, of_type, mean=True)
        constants["examples"][row, : len(of_type)] = found
        constants["is_example"][row, : len(of_type)] = found.any(axis=1)
    return constants


def join_types(old: Dict[str, ndarray], new: Dict[str, ndarray]) -> Dict[str, ndarray]:
    """Put types after others. What has fewer examples gets missing ones.

    old (Dict[str, ndarray]): Constants by name.
    new (Dict[str, ndarray]): The same names for other types.
    RETURNS (Dict[str, ndarray]): The constants of all of them.
    RAISES (MoeeError): M203, for vectors of another width.
    """
    expected, found = old["descriptions"].shape[1], new["descriptions"].shape[1]
    if found != expected:
        raise MoeeError("M203", found=found, expected=expected)
    joined = {}
    for name, rows in new.items():
        parts = old[name], rows
        shapes = zip(*(part.shape[1:] for part in parts), strict=True)
        widest = [max(sizes) for sizes in shapes]
        joined[name] = numpy.concatenate([_widen(part, widest) for part in parts])
    return joined


def _widen(rows: ndarray, shape: Sequence[int]) -> ndarray:
    missing = [n - there for n, there in zip(shape, rows.shape[1:], strict=True)]
    return numpy.pad(rows, [(0, 0), *((0, n) for n in missing)])


def sizes_of(constants: Dict[str, ndarray]) -> Dict[str, int]:
    """Read the sizes of a `ConceptNetwork`.

    constants (Dict[str, ndarray]): What `type_vectors` returned.
    RETURNS (Dict[str, int]): Its arguments `vector_width` and `n_examples`.
    """
    n_examples = constants["examples"].shape[1] if "examples" in constants else 0
    return {
        "vector_width": constants["descriptions"].shape[1],
        "n_examples": n_examples,
    }


def _embed(model: Model, vocab: Vocab, phrases: List[str], mean: bool) -> ndarray:
    """One vector a phrase, shape [phrases, width]: the sum of its words' vectors, or
    their mean. A word without a vector does not count."""
    for node in model.get_ref("tok2vec").walk():
        if "embed_phrases" in node.attrs:
            return node.attrs["embed_phrases"](node, phrases)
    width = vocab.vectors.shape[1]
    if not width:
        raise MoeeError("M105", lang=vocab.lang)
    rows = numpy.zeros((len(phrases), width), dtype="float32")
    for row, phrase in zip(rows, phrases, strict=True):
        found = [_find(vocab, word) for word in phrase.split()]
        known = [vector for vector in found if vector is not None]
        if known:
            row[:] = numpy.mean(known, axis=0) if mean else numpy.sum(known, axis=0)
    return rows


def _find(vocab: Vocab, word: str) -> Any:
    """The vector of a word, else of the word in lower case, if there is one."""
    for form in (word, word.lower()):
        if vocab.has_vector(form):
            return to_numpy(vocab.get_vector(form))
    return None
