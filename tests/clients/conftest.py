"""A trained pipeline where the blocks of the page look for it."""

from pathlib import Path
from typing import Iterator

import pytest
from spacy.language import Language

from ..component.util import make_trained


@pytest.fixture
def nlp() -> Language:
    return make_trained()


@pytest.fixture(scope="class")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working directory, with the pipeline in `training/model-best`."""
    path = tmp_path_factory.mktemp("clients")
    (path / "training").mkdir()
    make_trained().to_disk(path / "training" / "model-best")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        yield path
