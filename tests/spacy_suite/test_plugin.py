"""The plugin under which spaCy's tests run fails what it should."""

from types import SimpleNamespace
from typing import Any, Iterator, Optional, Type

import pytest
import spacy
from spacy import registry
from spacy.pipeline import factories, ner

from spacy_moee.component import MoEENer

pytest.importorskip("spacy.tests")
from . import plugin  # noqa: E402
from .in_place import ARCHITECTURES, take_place  # noqa: E402

NER = "parser/test_ner.py::"
MOVES = AttributeError("'MoEENer' object has no attribute 'moves'")


def make_item(name: str) -> Any:
    file, test = name.split("::")
    config = SimpleNamespace(getini=lambda _: ["parser/test_ner.py"], args=[])
    return SimpleNamespace(path=plugin.SPACY_TESTS / file, name=test, config=config)


@pytest.mark.parametrize(
    "test, error, outcome",
    [
        (NER + "test_issue1967[U-JOB-NAME]", MOVES, pytest.xfail.Exception),
        (NER + "test_issue1967[U-JOB-NAME]", None, pytest.fail.Exception),
        (NER + "test_issue1967[U-JOB-NAME]", KeyError("moves"), KeyError),
        (NER + "test_issue1967_again", MOVES, AttributeError),
        (NER + "test_empty_ner", None, StopIteration),
    ],
)
def test_outcome(
    test: str, error: Optional[Exception], outcome: Type[BaseException]
) -> None:
    """What is expected, passes, ends otherwise, is not expected, and is well."""
    run = plugin.pytest_runtest_call(make_item(test))
    next(run)
    with pytest.raises(outcome):
        run.throw(error) if error else next(run)


@pytest.mark.parametrize(
    "file, passes", [("test_misc", False), ("parser/test_ner", True)]
)
def test_a_file_that_builds_the_component_is_known(
    file: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = plugin.pytest_runtest_call(make_item(f"{file}.py::test_new"))
    next(run)
    monkeypatch.setattr(plugin, "built", ["a component"])
    with pytest.raises(StopIteration if passes else pytest.fail.Exception):
        next(run)


def test_a_row_without_a_test() -> None:
    item = make_item(NER + "test_empty_ner")
    with pytest.raises(pytest.UsageError, match="test_issue1967"):
        plugin.pytest_collection_modifyitems(item.config, [item])


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (spacy.pipeline, ner, factories):  # which are put back
        monkeypatch.setattr(module, "EntityRecognizer", None)
    before = {name: registry.get("architectures", name) for name in ARCHITECTURES}
    take_place()
    yield
    for name, build in before.items():
        registry.architectures.register(name, func=build)


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("factory", ["ner", "beam_ner"])
def test_what_ner_is(factory: str, language: str, taken: None) -> None:
    nlp = spacy.blank(language)
    settings = {"model": {"use_upper": False}, "update_with_oracle_cut_size": 9}
    pipe = nlp.add_pipe(factory, config=settings)
    assert isinstance(pipe, MoEENer)
    assert pipe.model.name == "moee_tagger"
    assert pipe.tok2vec.get_dim("nO") == 96
    assert not isinstance(nlp.add_pipe("parser"), MoEENer)
