"""The registered names, as the installed package has them."""

from importlib.metadata import EntryPoint, distribution
from typing import Dict, List

PACKAGE = "spacy-moee"


def find_entry_points() -> Dict[str, List[EntryPoint]]:
    """All entry points of the package.

    RETURNS (Dict[str, List[EntryPoint]]): Those of each registry, such as
        "architectures", in their order.
    """
    kinds: Dict[str, List[EntryPoint]] = {}
    for point in distribution(PACKAGE).entry_points:
        kinds.setdefault(find_kind(point.group), []).append(point)
    return kinds


def find_kind(group: str) -> str:
    """The registry of a group of entry points, which is spaCy's or Thinc's.

    group (str): The group, such as "spacy_architectures".
    RETURNS (str): The registry, such as "architectures".
    """
    return group.removeprefix("spacy_").removeprefix("thinc_")


def find_names() -> List[str]:
    """All registered names, such as `spacy_moee.MoEETagger.v1`.

    RETURNS (List[str]): The names.
    """
    return [point.name for points in find_entry_points().values() for point in points]


def make_label(name: str) -> str:
    """The label of the heading of a registered name.

    name (str): The name.
    RETURNS (str): What links name.
    """
    return name.lower().replace(".", "-").replace("_", "-")
