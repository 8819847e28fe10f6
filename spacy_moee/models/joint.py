"""The networks of several models, held as if they were one."""

from typing import Any, Dict, List, Tuple, cast

import torch

from ..networks.ensemble import EnsembleNetwork, EnsembleOutputs, Member
from ..networks.network import Network
from .families import MemberModel
from .shim import NetworkShim


class JointShim:
    """What a model of several members has in the place of a `NetworkShim`: a view of
    those of its members. It holds nothing, and is made when it is needed, since a
    member may be copied or loaded at any time.

    members (List[Tuple[NetworkShim, MemberModel]]): The members, with their shims.
    """

    def __init__(self, members: List[Tuple[NetworkShim, MemberModel]]) -> None:
        self.members = members

    @property
    def is_built(self) -> bool:
        """Whether there is a network of each member."""
        return all(shim.is_built for shim, _ in self.members)

    @property
    def module(self) -> Network[EnsembleOutputs]:
        """The ensemble. RAISES (MoeeError): M101, before it is built."""
        networks = [
            Member(cast(Network[Any], shim.module), member.columns, member.labels)
            for shim, member in self.members
        ]
        return EnsembleNetwork(networks)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.members[0][0].device

    @property
    def sizes(self) -> Dict[str, int]:
        """The width of what all members read, and the sizes that they share."""
        columns = (column for _, member in self.members for column in member.columns)
        width = max(end for _, end in columns)
        return {**self.members[0][0].sizes, "width": width}
