"""The exact probability of entities, in the notation of a network's tags."""

from typing import Dict, Optional, Type

from torch import Tensor

from ..scheme import Notation
from .bioes import BIOESLattice
from .crf import TagDistribution
from .iob2 import IOB2Lattice
from .lattice import Lattice

LATTICES: Dict[Notation, Type[Lattice]] = {
    Notation.IOB2: IOB2Lattice,
    Notation.BIOES: BIOESLattice,
}


def make_lattice(
    distribution: TagDistribution, mask: Tensor, possible: Optional[Tensor] = None
) -> Lattice:
    """Sum up the sequences of a batch.

    distribution (TagDistribution): What decoding chooses from.
    mask (Tensor): True on tokens, a prefix of at least one in each row, shape
        [batch, seq].
    possible (Optional[Tensor]): Which tags each token may have, shape
        [batch, seq, tags]; None for all.
    RETURNS (Lattice): The sums.
    """
    return LATTICES[distribution.notation](distribution, mask, possible)
