"""Docs of other vocabularies than the pipeline's: each is read with the vectors and
the lexical attributes of its own, as by every component of spaCy."""

from itertools import chain
from typing import Any, Callable, Dict, List, Sequence, Set, TypeVar

from spacy.attrs import IDS, intify_attr
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import MoeeError
from .types import LayerT

ResultT = TypeVar("ResultT")
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


def call_by_vocab(
    docs: Sequence[Doc], call: Callable[[List[Doc]], List[ResultT]]
) -> List[ResultT]:
    """Call a function with docs of one vocabulary at a time.

    docs (Sequence[Doc]): The docs.
    call (Callable[[List[Doc]], List]): Returns a result for each doc.
    RETURNS (List): The results, in the order of all docs.
    """
    groups = group_by_vocab(docs)
    if len(groups) <= 1:
        return call([*docs])
    found = [call([docs[i] for i in group]) for group in groups]
    by_place = dict(zip(chain(*groups), chain(*found), strict=True))
    return [by_place[i] for i in range(len(docs))]


def check_vocab(model: LayerT, docs: Sequence[Doc]) -> None:
    """See that docs can be embedded together, with the vectors of their vocabulary.

    model (Model[List[Doc], List[Floats2d]]): The token embeddings.
    docs (Sequence[Doc]): The docs.
    RAISES (MoeeError): M009 for docs of several vocabularies, M203 for one whose
        vectors have another width.
    """
    groups = group_by_vocab(docs)
    if len(groups) > 1:
        raise MoeeError("M009", count=len(groups), total=len(docs))
    for node in model.walk():
        # spaCy's own layer; ours look by themselves
        if docs and node.name == "static_vectors" and node.has_dim("nM"):
            found, expected = docs[0].vocab.vectors.shape[1], node.get_dim("nM")
            if found != expected:
                raise MoeeError("M203", found=found, expected=expected)


def check_attributes(model: LayerT, docs: Sequence[Doc], own: Vocab) -> None:
    """See that the words of docs of another vocabulary have what the embeddings read.

    model (Model[List[Doc], Scores]): The model.
    docs (Sequence[Doc]): The docs.
    own (Vocab): The pipeline's vocabulary; what it lacks itself, the model never saw.
    RAISES (MoeeError): M010, for a vocabulary without lexical attributes.
    """
    known: Any = own
    foreign: Any = {id(doc.vocab): doc.vocab for doc in docs if doc.vocab is not own}
    attrs = _attributes_of(model) & {*known.lex_attr_getters} if foreign else set()
    for vocab in foreign.values():
        missing = attrs - {*vocab.lex_attr_getters}
        if missing:
            names = (name for name in sorted(LEXICAL) if IDS[name] in missing)
            raise MoeeError("M010", attrs=", ".join(names))


def _attributes_of(model: LayerT) -> Set[int]:
    """What of a word is read that a vocabulary computes."""
    attrs: Set[int] = set()
    for node in model.walk():
        if node.name == "extract_features":
            attrs.update(map(intify_attr, node.attrs["columns"]))
        elif node.name == "static_embed":
            attrs.add(node.attrs["attr"])
    return attrs & {IDS[name] for name in LEXICAL}
