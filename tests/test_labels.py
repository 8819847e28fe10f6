"""What can be an entity type."""

import pytest

from spacy_moee.errors import MoeeError
from spacy_moee.labels import check_label

NO_TYPES = ["", " ", "\u00a0", "PER ", "!PER", 7, None, "O", "-", "_"]
TAGS = ["B-X", "I-X", "B-cell", "S-PER", "E-LOC", "L-PER", "U-ORG", "B_PER"]


@pytest.mark.parametrize("label", [*NO_TYPES, *TAGS])
def test_bad_label(label) -> None:
    with pytest.raises(MoeeError) as error:
        check_label(label)
    assert error.value.code == "M003"


def test_a_negative_type_has_another_place() -> None:
    with pytest.raises(MoeeError, match="negative type.*`incorrect_spans_key`"):
        check_label("!PER")


@pytest.mark.parametrize(
    "label",
    [
        "PER",
        "o",
        "work-of-art",
        "work of art",
        "E-mail",
        "S_bahn",
        "B",
        "I",
        "BIO",
        "x-B",
    ],
)
def test_good_label(label) -> None:
    check_label(label)
