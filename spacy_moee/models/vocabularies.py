"""Docs of other vocabularies than the pipeline's: each is read with the vectors and
the lexical attributes of its own, as by every component of spaCy."""

from typing import Any, Dict, List, Sequence, Set

from spacy.attrs import IDS, intify_attr
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import MoeeError

# what a vocabulary computes for a word, if it is of some language; else it is empty
LEXICAL = {"LOWER", "NORM", "PREFIX", "SHAPE", "SUFFIX"}


def group_by_vocab(docs: Sequence[Doc]) -> List[List[int]]:
    """Sort docs by their vocabulary.

    docs (Sequence[Doc]): The docs.
    RETURNS (List[List[int]]): The places of those of each vocabulary.
    """
    groups: Dict[int, List[int]] = {}
    for place, doc in enumerate(docs):
        groups.setdefault(id(doc.vocab), []).append(place)
    return list(groups.values())


def check_vocab(model: Model, docs: Sequence[Doc]) -> None:
    """See that docs can be embedded together, with what their vocabulary knows.

    model (Model[List[Doc], List[Floats2d]]): The token embeddings.
    docs (Sequence[Doc]): The docs.
    RAISES (MoeeError): M009 for docs of several vocabularies, M010 for a vocabulary
        without lexical attributes that a layer reads, M203 for one whose vectors have
        another width.
    """
    groups = group_by_vocab(docs)
    if len(groups) > 1:
        raise MoeeError("M009", count=len(groups), total=len(docs))
    if not docs:
        return
    vocab: Any = docs[0].vocab
    attrs: Set[int] = set()
    for node in model.walk():
        if node.name == "extract_features":
            attrs.update(map(intify_attr, node.attrs["columns"]))
        elif node.name == "static_embed":
            attrs.add(node.attrs["attr"])
        elif node.name == "static_vectors" and node.has_dim("nM"):
            # spaCy's own layer; ours look by themselves
            found, expected = vocab.vectors.shape[1], node.get_dim("nM")
            if found != expected:
                raise MoeeError("M203", found=found, expected=expected)
    missing = [
        name
        for name in sorted(LEXICAL)
        if IDS[name] in attrs and IDS[name] not in vocab.lex_attr_getters
    ]
    if missing:
        raise MoeeError("M010", attrs=", ".join(missing))
