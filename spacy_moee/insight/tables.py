"""The weights of a gate, as they are drawn."""

from typing import List, NamedTuple

from numpy import ndarray


class GateTable(NamedTuple):
    """What is drawn of a doc, or of a part of one; nothing in it is escaped.

    title (str): What is above it, or nothing.
    lang (str): The language of the tokens.
    direction (str): "ltr" or "rtl": how that is written.
    labels (List[str]): The experts.
    tokens (List[str]): The texts of the tokens.
    tags (List[str]): What is predicted of each token: its IOB2 tag.
    weights (ndarray): The weight of each expert, float32 [tokens, experts].
    """

    title: str
    lang: str
    direction: str
    labels: List[str]
    tokens: List[str]
    tags: List[str]
    weights: ndarray


def caption_of(vmax: float) -> str:
    """Say what is drawn.

    vmax (float): The weight at the end of the scale.
    RETURNS (str): A sentence, which needs no escaping.
    """
    clipped = f"; {vmax:g} and more look the same" if vmax < 1 else ""
    return f"Weight of each expert; a row sums to 1{clipped}"
