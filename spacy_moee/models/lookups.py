"""Which words the models of a pipeline look up in the vocabulary's vectors."""

from typing import NamedTuple, Set

from numpy import ndarray
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokens import Doc
from thinc.api import Model

from .descriptions import forms_of_phrases


class Lookups(NamedTuple):
    """What is looked up.

    attrs (Set[int]): The attributes of tokens that are looked up, such as ORTH.
    keys (Set[int]): Hashes that are needed whatever the text: of words with a learned
        vector, which is kept as its difference to the vocabulary's, and of the words
        that entity types are described with.
    """

    attrs: Set[int]
    keys: Set[int]

    def of(self, doc: Doc) -> ndarray:
        """List what is looked up for a doc.

        doc (Doc): The doc.
        RETURNS (ndarray): Hashes, shape [tokens, attributes]; of the words themselves,
            if no layer reads vectors.
        """
        attrs = sorted(self.attrs or {ORTH})
        return doc.to_array(attrs).reshape(len(doc), len(attrs))


def find_lookups(nlp: Language) -> Lookups:
    """Read what the layers of a pipeline look up: ours, and spaCy's StaticVectors.

    nlp (Language): The pipeline.
    RETURNS (Lookups): Nothing at all, if no layer reads vectors.
    """
    found = Lookups(set(), set())
    for _, pipe in nlp.components:
        model = getattr(pipe, "model", None)
        if not isinstance(model, Model):
            continue
        for node in model.walk():
            if node.name == "static_embed":
                found.attrs.add(node.attrs["attr"])
                found.keys.update(node.attrs["words"][0].tolist())
            elif node.name == "static_vectors":
                found.attrs.add(getattr(nlp.vocab.vectors, "attr", ORTH))
        found.keys.update(map(get_string_id, forms_of_phrases(model)))
    return found
