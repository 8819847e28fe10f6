"""Table 1 of the paper: entity F1 on SciTech News, in percent.

arXiv 2002.05923 has two versions with different figures; v2 is the final one.
"""

from typing import Dict, NamedTuple, Optional, Tuple


class Published(NamedTuple):
    """A figure of both versions.

    v2 (float): The final one.
    v1 (float): The first one.
    """

    v2: float
    v1: float


# of the embeddings
COLUMNS = ("BERT", "unfreeze", "freeze")
# it reads raw text, and has one figure, with embeddings and a count of its own
JIA = "Jia et al. 2019"
# system: (v2, v1) in the order of the columns
TABLE_1: Dict[str, Tuple[Published, Published, Published]] = {
    "Concept Tagger": (
        Published(67.14, 67.14),
        Published(62.34, 62.34),
        Published(66.86, 66.86),
    ),
    "Robust Sequence Tagger": (
        Published(67.31, 67.31),
        Published(63.66, 63.66),
        Published(68.12, 68.12),
    ),
    "BiLSTM-CRF": (
        Published(67.55, 67.03),
        Published(63.18, 63.18),
        Published(68.21, 67.89),
    ),
    "+ MTL": (
        Published(68.76, 68.26),
        Published(64.62, 64.62),
        Published(69.35, 69.58),
    ),
    "+ MoEE": (
        Published(68.06, 68.68),
        Published(65.24, 65.24),
        Published(69.27, 69.25),
    ),
    "+ MTL and MoEE": (
        Published(68.59, 68.85),
        Published(64.88, 64.88),
        Published(69.53, 70.04),
    ),
    JIA: (Published(73.59, 73.59), Published(73.59, 73.59), Published(73.59, 73.59)),
}


def published_f1(system: str, column: str) -> Optional[Published]:
    """Find a figure of the paper.

    system (str): A name of `TABLE_1`.
    column (str): A name of `COLUMNS`.
    RETURNS (Optional[Published]): The figure; None if the table has no such cell.
    """
    if system not in TABLE_1 or column not in COLUMNS:
        return None
    return TABLE_1[system][COLUMNS.index(column)]
