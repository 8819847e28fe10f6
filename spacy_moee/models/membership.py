"""Which trained pipelines can be members of one ensemble."""

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import numpy
from spacy.language import Language
from spacy.vectors import BaseVectors, Vectors
from thinc.util import to_numpy

from ..embeddings.fasttext.lookup import FastTextLookup
from ..errors import MoeeError
from .ensemble import ENSEMBLE
from .lookups import find_lookups
from .types import MoEEModelT


class MemberPipeline(NamedTuple):
    """A trained pipeline.

    model (str): What it is called, for messages.
    nlp (Language): The pipeline.
    component (str): The name of its component.
    """

    model: str
    nlp: Language
    component: str

    @property
    def pipe(self) -> Any:
        """RETURNS (MoEENer): The component."""
        return self.nlp.get_pipe(self.component)

    @property
    def block(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The block of its model in the config, without
        variables."""
        config: Dict[str, Any] = self.nlp.config.interpolate()["components"]
        block: Dict[str, Any] = config[self.component]["model"]
        return block


def check_count(models: List[str]) -> None:
    """Check that there are members enough for an ensemble.

    models (List[str]): What they are called.
    RAISES (MoeeError): M028, if there are too few.
    """
    if len(models) < 2:
        raise MoeeError("M028", found=", ".join(models) or "none")


def check_members(members: List[MemberPipeline]) -> None:
    """Check that pipelines can be members of one ensemble.

    members (List[MemberPipeline]): The pipelines.
    RAISES (MoeeError): M027, if one does not fit the first; M028, if there are too few,
        or if one is an ensemble.
    """
    for member in members:
        if member.block["@architectures"] == ENSEMBLE:
            raise MoeeError("M028", found=f"the ensemble '{member.model}'")
    paths = [member.nlp.path for member in members if member.nlp.path]
    for path in paths:
        if paths.count(path) > 1:
            raise MoeeError("M028", found=f"'{path}' {paths.count(path)} times")
    check_count([member.model for member in members])
    first, *rest = members
    for other in rest:
        for what, found, expected in _differences(first, other):
            raise MoeeError(
                "M027",
                model=other.model,
                first=first.model,
                what=what,
                found=found,
                expected=expected,
            )


def _differences(
    first: MemberPipeline, other: MemberPipeline
) -> Iterator[Tuple[str, object, object]]:
    """What is not the same, what the other one has, and what the first one has."""
    one, two = first.nlp, other.nlp
    if one.lang != two.lang:
        yield "their language", two.lang, one.lang
    if _tokenizer(one) != _tokenizer(two):
        kinds = type(two.tokenizer).__name__, type(one.tokenizer).__name__
        yield "their tokenizer", f"a {kinds[0]} with other rules", f"the {kinds[1]}"
    if {*first.pipe.labels} != {*other.pipe.labels}:
        yield "their entity types", sorted(other.pipe.labels), sorted(first.pipe.labels)
    if not _same_segments(first.pipe.model, other.pipe.model):
        found, expected = (_describe(x.block.get("segments")) for x in (other, first))
        yield "what they read at once (`segments` of the model)", found, expected
    lookups = find_lookups(two, other.component)
    if (lookups.is_any or lookups.keys) and not _same_vectors(
        one.vocab.vectors, two.vocab.vectors
    ):
        found, expected = map(_count, (two.vocab.vectors, one.vocab.vectors))
        yield "their word vectors", found, expected


def _tokenizer(nlp: Language) -> object:
    tokenizer: Any = nlp.tokenizer
    if not hasattr(tokenizer, "to_bytes"):
        return type(tokenizer)
    return type(tokenizer), tokenizer.to_bytes(exclude=["vocab"])


def _same_segments(first: MoEEModelT, other: MoEEModelT) -> bool:
    one, two = first.attrs["segments"], other.attrs["segments"]
    settings = [getattr(segments, "__dict__", {}) for segments in (one, two)]
    alike = type(one) is type(two) and bool(settings[0]) and settings[0] == settings[1]
    return alike or bool(one == two)


def _describe(segments: Any) -> str:
    if not segments:
        return "the default"
    return ", ".join(f"{name} = {value}" for name, value in segments.items())


def _same_vectors(one: BaseVectors, two: BaseVectors) -> bool:
    if type(one) is not type(two) or one.shape != two.shape:
        return False
    if isinstance(one, FastTextLookup):
        # a large file: whether it is the same one is enough
        return bool(one == two)
    if not (isinstance(one, Vectors) and isinstance(two, Vectors)):
        return bool(one.to_bytes() == two.to_bytes())
    if one.mode != two.mode or one.attr != two.attr or one.key2row != two.key2row:
        return False
    return numpy.array_equal(to_numpy(one.data), to_numpy(two.data))


def _count(vectors: BaseVectors) -> str:
    rows, width = vectors.shape
    if not rows:
        return "none"
    return f"{rows:,} vectors of {width} numbers ('{vectors.name}')"
