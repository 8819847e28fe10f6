"""Word vectors are finite: one NaN reaches every token of its batch, and takes every
entity away without a sign."""

from typing import Any, Sequence

from thinc.api import get_array_module

from ..errors import MoeeError


def check_rows(vectors: Any, words: Sequence[str], place: str) -> None:
    """See that vectors that were looked up are finite.

    vectors (Floats2d): Vectors, on any device.
    words (Sequence[str]): The word of each.
    place (str): Where they come from, for the message.
    RAISES (MoeeError): M246, if one is not.
    """
    finite = get_array_module(vectors).isfinite(vectors)
    if not finite.all():
        bad = (~finite.all(axis=1)).nonzero()[0].tolist()
        word, count = words[bad[0]], len(bad)
        raise MoeeError("M246", place=place, word=word, count=count, total=len(words))
