import pytest
from spacy.language import Language

from .util import make_trained


@pytest.fixture
def nlp() -> Language:
    """A trained pipeline that the test may change."""
    return make_trained()
