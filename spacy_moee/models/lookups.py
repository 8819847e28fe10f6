"""Which words the models of a pipeline look up in the vocabulary's vectors."""

from typing import List, NamedTuple, Optional, Set

import numpy
from numpy import ndarray
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.strings import StringStore, get_string_id
from spacy.tokens import Doc
from thinc.api import Model

from ..vocabulary import normalise
from .descriptions import forms_of_phrases


class Lookups(NamedTuple):
    """What is looked up.

    attrs (Set[int]): The attributes of tokens that are looked up, such as ORTH.
    keys (Set[int]): Hashes that are needed whatever the text: of words with a learned
        vector, which is kept as its difference to the vocabulary's, and of the words
        that entity types are described with.
    forms (bool): Whether words are looked up with every digit as 0, as they are and in
        lower case.
    """

    attrs: Set[int]
    keys: Set[int]
    forms: bool

    @property
    def is_any(self) -> bool:
        """Whether a layer reads vectors."""
        return bool(self.attrs) or self.forms

    def of(self, doc: Doc) -> ndarray:
        """List what is looked up for a doc.

        doc (Doc): The doc.
        RETURNS (ndarray): Hashes, shape [tokens, lookups]; of the words themselves, if
            no layer reads vectors.
        """
        attrs = sorted(self.attrs) if self.is_any else [ORTH]
        columns = [doc.to_array(attr) for attr in attrs]
        if self.forms:
            words, places = numpy.unique(doc.to_array(ORTH), return_inverse=True)
            texts = (doc.vocab.strings[key] for key in words.tolist())
            rows = numpy.asarray([*map(_hash_forms, texts)], dtype="uint64")
            columns.extend(rows.reshape(-1, 2)[places].T)
        return numpy.stack(columns, axis=1)


def find_lookups(nlp: Language, component: Optional[str] = None) -> Lookups:
    """Read what the layers of a pipeline look up: ours, and spaCy's StaticVectors.

    nlp (Language): The pipeline.
    component (Optional[str]): The name of the component that is read; None for all.
    RETURNS (Lookups): Nothing at all, if no layer reads vectors.
    """
    attrs: Set[int] = set()
    keys: Set[int] = set()
    forms = False
    for name, pipe in nlp.components:
        if component not in (None, name):
            continue
        model = getattr(pipe, "model", None)
        if not isinstance(model, Model):
            continue
        for node in model.walk():
            if node.name == "static_embed":
                attrs.add(node.attrs["attr"])
                keys.update(node.attrs["words"][0].tolist())
            elif node.name == "vocabulary_embed" and node.attrs["has_vectors"]:
                forms = True
                keys.update(_find_forms(nlp.vocab.strings, node.attrs["words"][0]))
            elif node.name == "static_vectors":
                attrs.add(getattr(nlp.vocab.vectors, "attr", ORTH))
        keys.update(map(get_string_id, forms_of_phrases(model)))
    return Lookups(attrs, keys, forms)


def _find_forms(strings: StringStore, words: ndarray) -> Set[int]:
    """What is looked up for words of a vocabulary; not for the unknown word, 0."""
    texts = (strings[key] for key in words.tolist() if key and key in strings)
    return {key for text in texts for key in _hash_forms(text)}


def _hash_forms(word: str) -> List[int]:
    form = normalise(word)
    return [get_string_id(form), get_string_id(form.lower())]
