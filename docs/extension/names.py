"""The registered names, as the installed package has them."""

from importlib.metadata import EntryPoint, distribution
from typing import Dict, List

PACKAGE = "spacy-moee"


def find_entry_points() -> Dict[str, List[EntryPoint]]:
    """All entry points of the package.

    RETURNS (Dict[str, List[EntryPoint]]): Those of each group, in their order.
    """
    groups: Dict[str, List[EntryPoint]] = {}
    for point in distribution(PACKAGE).entry_points:
        groups.setdefault(point.group, []).append(point)
    return groups


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
