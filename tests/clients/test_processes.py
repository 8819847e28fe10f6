"""Processes that get a pipeline from another one."""

from pathlib import Path
from typing import Any, Iterator, List

import pytest
from spacy.language import Language
from thinc.api import fix_random_seed

from ..component.util import make_examples
from .util import TEXTS, clients, run_block

PARTS = [TEXTS[:15], TEXTS[15:]]
READ_ONLY = "buffer source array is read-only"


def expect(nlp: Language) -> List[List[Any]]:
    return [
        [[(e.text, e.label_) for e in nlp(text).ents] for text in part]
        for part in PARTS
    ]


@pytest.fixture
def with_ner(nlp: Language) -> Language:
    """Beside it, a component of spaCy's own."""
    fix_random_seed(0)
    other: Any = nlp.add_pipe("ner", name="other")
    other.initialize(lambda: make_examples(nlp))
    return nlp


class TestJoblib:
    pytestmark = clients("joblib")

    def run(self, nlp: Language, **settings: Any) -> List[List[Any]]:
        from joblib import Parallel, delayed

        find = delayed(run_block("joblib")["find_entities"])
        return Parallel(n_jobs=2, **settings)(find(nlp, part) for part in PARTS)

    def test_page(self, nlp: Language, folder: Path) -> None:
        assert run_block("joblib", parts=repr(PARTS))["found"] == expect(nlp)

    def test_shared_memory(self, nlp: Language, folder: Path) -> None:
        """Every array is, however small."""
        assert self.run(nlp, max_nbytes=1) == expect(nlp)

    def test_other_components(self, with_ner: Language, folder: Path) -> None:
        """The page's limit, and its remedy."""
        with pytest.raises(ValueError, match=READ_ONLY):
            self.run(with_ner, max_nbytes=1)
        assert self.run(with_ner, max_nbytes=None) == expect(with_ner)


class TestRay:
    pytestmark = clients("ray")

    @pytest.fixture(scope="class", autouse=True)
    def cluster(self, folder: Path) -> Iterator[None]:
        import ray

        quiet = {"include_dashboard": False, "log_to_driver": False}
        ray.init(num_cpus=2, configure_logging=False, **quiet)
        yield
        ray.shutdown()

    def test_page(self, nlp: Language) -> None:
        assert run_block("Ray", parts=repr(PARTS))["found"] == expect(nlp)
        texts = [text for part in PARTS for text in part]
        found = run_block("Ray", 1, texts=repr(texts))["found"]
        assert found == [names for part in expect(nlp) for names in part]

    def test_other_components(self, with_ner: Language) -> None:
        """The page's limit, and its remedy."""
        import ray

        find = run_block("Ray")["find_entities"]
        with pytest.raises(ValueError, match=READ_ONLY):
            ray.get(find.remote(ray.put(with_ner), PARTS[0]))
        with_ner.to_disk("with_ner")
        finder = run_block("Ray", 1)["Finder"].remote("with_ner")
        found = [ray.get(finder.find_entities.remote(part)) for part in PARTS]
        assert found == expect(with_ner)
