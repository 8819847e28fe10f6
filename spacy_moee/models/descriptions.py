"""What entity types are called, and what they look like, as constant vectors."""

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy
from numpy import ndarray
from spacy.attrs import LOWER
from spacy.vocab import Vocab
from thinc.util import to_numpy

from ..errors import MoeeError, check_setting, warn
from ..finite import check_rows
from .types import LayerT

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
# between the words of a description; other punctuation may belong to a name
SEPARATORS = re.compile(r"[\s,;:()\"]+")


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
    def of(cls, model: LayerT) -> "Described":
        """Read it.

        model (Model[List[Doc], Scores]): A model whose types are described.
        RETURNS (Described): What they are called.
        """
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
        RAISES (MoeeError): M103, for what is no description, or no list of examples;
            M106, for examples that are not read.
        """
        self._check(description, examples)
        before = self.descriptions.get(label, label.lower())
        texts = {**self.descriptions, label: before}
        if description is not None:
            texts[label] = description
        if examples is None:
            return Described(texts, self.examples)
        if self.examples is None:
            raise MoeeError("M106", label=label, what="examples")
        return Described(texts, {**self.examples, label: list(examples)})

    @staticmethod
    def _check(description: Any, examples: Any) -> None:
        if description is not None:
            valid = isinstance(description, str) and bool(_words(description))
            expected = "one word or more"
            check_setting(
                valid, "description", "add_label", expected, repr(description)
            )
        if examples is not None:
            valid = isinstance(examples, (list, tuple)) and all(
                isinstance(example, str) for example in examples
            )
            expected = "a list of words"
            check_setting(valid, "examples", "add_label", expected, repr(examples))


def type_vectors(
    model: LayerT, vocab: Vocab, labels: Sequence[str], described: Described
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
    vectors = embed_phrases(model, vocab, texts)
    for label, text, vector in zip(labels, texts, vectors, strict=True):
        unknown = _unknown(model, vocab, text)
        if unknown or not vector.any():
            warn("MW11", label=label, text=text, words=unknown)
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
        found = embed_phrases(model, vocab, of_type, mean=True)
        if of_type and not found.any():
            warn("MW12", label=labels[row], examples=of_type)
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


def reads_vocab(model: LayerT) -> bool:
    """Whether descriptions are read with the vocabulary's vectors, not an encoder's.

    model (Model[List[Doc], Scores]): The model.
    RETURNS (bool): False, if its token embeddings contain an encoder.
    """
    return _encoder(model) is None


def embed_phrases(
    model: LayerT, vocab: Vocab, phrases: Sequence[str], mean: bool = False
) -> ndarray:
    """Give each phrase a vector. A word without one does not count.

    model (Model[List[Doc], Scores]): The model.
    vocab (Vocab): Has the word vectors.
    phrases (Sequence[str]): One word or more each.
    mean (bool): Take the mean of the words' vectors, not their sum. An encoder's
        wordpieces are always averaged.
    RETURNS (ndarray): Shape [phrases, width].
    RAISES (MoeeError): M105, if there are no word vectors; M246, for one that is not
        finite.
    """
    node = _encoder(model)
    if node is not None:
        texts = [" ".join(_words(phrase)) for phrase in phrases]
        rows, place = node.attrs["embed_phrases"](node, texts), "the encoder"
    else:
        rows, place = _sum_vectors(model, vocab, phrases, mean), "the word vectors"
    check_rows(rows, phrases, place)
    return rows


def _sum_vectors(
    model: LayerT, vocab: Vocab, phrases: Sequence[str], mean: bool
) -> ndarray:
    width = vocab.vectors.shape[1]
    if not width:
        raise MoeeError("M105", lang=vocab.lang)
    lower = _reads_lower(model)
    rows = numpy.zeros((len(phrases), width), dtype="float32")
    for row, phrase in zip(rows, phrases, strict=True):
        found = [_find(vocab, word, lower) for word in _words(phrase)]
        known = [vector for vector in found if vector is not None]
        if known:
            with numpy.errstate(over="ignore", invalid="ignore"):
                total = numpy.sum(known, axis=0, dtype="float64")
                row[:] = total / len(known) if mean else total
    return rows


def forms_of_phrases(model: LayerT) -> List[str]:
    """List the forms of words that descriptions and examples may be read by.

    model (Model): Any model.
    RETURNS (List[str]): None, if its types are not described, or by an encoder.
    """
    if "descriptions" not in model.attrs or not reads_vocab(model):
        return []
    described = Described.of(model)
    phrases = list(described.descriptions.values())
    for of_type in (described.examples or {}).values():
        phrases += of_type
    lower = _reads_lower(model)
    words = [word for phrase in phrases for word in _words(phrase)]
    return [form for word in words for form in _forms(word, lower)]


def _encoder(model: LayerT) -> Optional[LayerT]:
    nodes = model.get_ref("tok2vec").walk()
    return next((node for node in nodes if "embed_phrases" in node.attrs), None)


def _words(phrase: str) -> List[str]:
    return [word for word in SEPARATORS.split(phrase) if word]


def _unknown(model: LayerT, vocab: Vocab, phrase: str) -> List[str]:
    if not reads_vocab(model):
        return []
    lower = _reads_lower(model)
    return [word for word in _words(phrase) if _find(vocab, word, lower) is None]


def _reads_lower(model: LayerT) -> bool:
    """Whether the tokens' own vectors are looked up in lower case."""
    nodes = model.get_ref("tok2vec").walk()
    return any(node.attrs.get("attr") == LOWER for node in nodes)


def _forms(word: str, lower: bool) -> Sequence[str]:
    """A word in lower case; or first the word as it is."""
    return (word.lower(),) if lower else (word, word.lower())


def _find(vocab: Vocab, word: str, lower: bool) -> Any:
    for form in _forms(word, lower):
        if vocab.has_vector(form):
            return to_numpy(vocab.get_vector(form))
    return None
