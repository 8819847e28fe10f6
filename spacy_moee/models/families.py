"""The hook of a family's builder: how its networks know entity types."""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from numpy import ndarray
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import MoeeError
from .origins import Origins
from .types import MoEEModelT

Constants = Dict[str, ndarray]


class EntityType(NamedTuple):
    """An entity type that a model gets, or that is described anew.

    label (str): The type.
    description (Optional[str]): What it is called.
    examples (Optional[Sequence[str]]): Entities of the type.
    """

    label: str
    description: Optional[str] = None
    examples: Optional[Sequence[str]] = None


class MemberModel(NamedTuple):
    """One of several models that speak as one.

    model (Model[List[Doc], Scores]): The model.
    columns (List[Tuple[int, int]]): The first and the end of each run of columns of
        the token vectors that it reads.
    labels (List[int]): Its own number of each entity type.
    """

    model: MoEEModelT
    columns: List[Tuple[int, int]]
    labels: List[int]


class Family:
    """Networks that know an entity type by its number only. Other families override
    what differs.

    needs_description (bool): Whether a type has to be described before it can be
        learned.
    """

    needs_description = False

    def members(self, model: MoEEModelT) -> List[MemberModel]:
        """List the models whose networks speak as one.

        model (Model[List[Doc], Scores]): The model.
        RETURNS (List[MemberModel]): None, if it has a network of its own.
        """
        return []

    def make_constants(
        self, model: MoEEModelT, sample: Sequence[Doc], labels: Sequence[str]
    ) -> Constants:
        """Make what a network holds beside its weights and its `TagScheme`.

        model (Model[List[Doc], Scores]): The model, before its network is built.
        sample (Sequence[Doc]): Some docs, of a vocabulary with word vectors, perhaps.
        labels (Sequence[str]): The entity types.
        RETURNS (Dict[str, ndarray]): Constants by name.
        """
        return {}

    def read_sizes(self, model: MoEEModelT, constants: Constants) -> Dict[str, int]:
        """Read the sizes of a network off its constants.

        model (Model[List[Doc], Scores]): The model.
        constants (Dict[str, ndarray]): What `make_constants` returned.
        RETURNS (Dict[str, int]): Arguments of the network.
        """
        return {}

    def find_origins(
        self, model: MoEEModelT, docs: Sequence[Doc], is_train: bool
    ) -> Optional[Origins]:
        """Say where docs come from, if the network asks for it.

        model (Model[List[Doc], Scores]): The model.
        docs (Sequence[Doc]): The docs.
        is_train (bool): Whether the network learns from them.
        RETURNS (Optional[Origins]): Where they come from.
        """
        return None

    def set_type(
        self, model: MoEEModelT, vocab: Vocab, labels: Sequence[str], new: EntityType
    ) -> bool:
        """Make room for one more entity type, or describe one of them anew.

        model (Model[List[Doc], Scores]): The model.
        vocab (Vocab): The vocabulary.
        labels (Sequence[str]): The types that there are.
        new (EntityType): The type, one of them or another.
        RETURNS (bool): Whether a network that is built has got room, too. If not, it
            grows if it can: see `spacy_moee.networks.network.GrowingNetwork`.
        RAISES (MoeeError): M106, for what the network does not read.
        """
        if new.description is not None or new.examples is not None:
            raise MoeeError("M106", label=new.label, what="a description")
        return False


def check_model(model: object, name: str) -> None:
    """Check that a model is one of ours: an architecture of this package, or a network
    that `network_model` wraps.

    model (object): The model.
    name (str): The component's name, for the error.
    RAISES (MoeeError): M016, for any other.
    """
    attrs = getattr(model, "attrs", {})
    if not isinstance(attrs.get("family"), Family):
        found: str = getattr(model, "name", type(model).__name__)
        # the name of a chain of layers names them all
        raise MoeeError("M016", name=name, found=found[:60])
