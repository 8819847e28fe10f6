"""What is wrong with a batch: gold entities, of each kind of which is warned once, and
a loss that is no number."""

import math
from typing import Dict, List, Set, Tuple

from .errors import MoeeError, warn


class GoldFaults:
    """Counts gold entities that can't be predicted as they are, and warns of each kind
    once, not for each batch."""

    def __init__(self) -> None:
        self._found: Dict[str, Tuple[int, str]] = {}
        self._reported: Set[str] = set()

    def add(self, faults: Dict[str, List[str]]) -> None:
        """Count faults.

        faults (Dict[str, List[str]]): Texts of entities, by the code of a warning.
        """
        for code, texts in faults.items():
            if texts and code not in self._reported:
                count, first = self._found.get(code, (0, texts[0]))
                self._found[code] = (count + len(texts), first)

    def report(self, name: str) -> None:
        """Warn of the kinds that were not reported before.

        name (str): The component's name.
        """
        for code, (count, text) in sorted(self._found.items()):
            warn(code, name=name, count=count, text=text)
        self._reported |= self._found.keys()
        self._found = {}


def check_loss(loss: float, name: str, n_docs: int) -> None:
    """Check a loss, before anything is learned from it.

    loss (float): The loss.
    name (str): The component's name, for the error.
    n_docs (int): The docs of the batch.
    RAISES (MoeeError): M004, if it is not finite.
    """
    if not math.isfinite(loss):
        raise MoeeError("M004", what="loss", name=name, value=loss, batch=n_docs)
