"""Programs of which the page says in a line that they work."""

import os
from pathlib import Path
from typing import Any, Callable, Iterable, List

import spacy
from spacy.language import Language

from ..cli.util import run_python
from ..component.util import make_examples
from .util import TEXTS, clients, expect, get_spans

ANNA, OSLO = "Anna lives in New York.", "The train to Oslo is late ."


class TestNegspacy:
    pytestmark = clients("negspacy")

    def test_negated_entity(self, nlp: Language) -> None:
        import negspacy.negation  # noqa: F401

        nlp.add_pipe("sentencizer", first=True)
        nlp.add_pipe("negex", config={"ent_types": ["LOC"]})
        for text, negated in ((OSLO, False), ("No train to Oslo is late .", True)):
            ents: Any = nlp(text).ents
            [oslo] = [ent for ent in ents if ent.text == "Oslo"]
            assert oslo._.negex == negated


class TestTextacy:
    pytestmark = clients("textacy")

    def test_entities(self, nlp: Language) -> None:
        from textacy.extract import entities

        for text, spans in zip(TEXTS, expect(nlp), strict=True):
            found = entities(nlp(text), drop_determiners=False)
            assert [(e.start_char, e.end_char, e.label_) for e in found] == spans


class TestScattertext:
    pytestmark = clients("scattertext", "pandas")

    def test_terms(self, nlp: Language) -> None:
        """Entities of one type are counted by its name."""
        import pandas
        from scattertext import CorpusFromPandas, FeatsFromSpacyDoc

        nlp.add_pipe("sentencizer", first=True)
        texts = [ANNA, OSLO] * 5
        frame = pandas.DataFrame({"text": texts, "kind": ["person", "train"] * 5})
        hidden = FeatsFromSpacyDoc(entity_types_to_censor={"LOC"})
        corpus = CorpusFromPandas(
            frame, "kind", "text", nlp=nlp, feats_from_spacy_doc=hidden
        ).build()
        terms = set(corpus.get_terms())
        assert "_LOC" in {term.upper() for term in terms} and "oslo" not in terms


class TestSkweak:
    pytestmark = clients("skweak")

    def test_labelling_function(self, nlp: Language, folder: Path) -> None:
        from skweak.spacy import ModelAnnotator

        annotator = ModelAnnotator("moee", "training/model-best")
        docs = annotator.pipe(spacy.blank("en").pipe(TEXTS))
        for doc, spans in zip(docs, expect(nlp), strict=True):
            found = [(s.start_char, s.end_char, s.label_) for s in doc.spans["moee"]]
            assert sorted(found) == spans


class TestNervaluate:
    pytestmark = clients("nervaluate")

    def test_strict_f1_is_that_of_spacy(self, nlp: Language) -> None:
        from nervaluate import Evaluator

        examples = make_examples(nlp, 40, seed=3)
        for example in examples[::3]:
            example.reference.ents = example.reference.ents[
                1:
            ]  # so that some are wrong
        expected = nlp.evaluate(examples)

        def spans(doc: Any) -> List[dict]:
            rows = [(e.start, e.end - 1, e.label_) for e in doc.ents]
            return [{"start": s, "end": e, "label": label} for s, e, label in rows]

        gold = [spans(example.reference) for example in examples]
        found = [spans(nlp(example.predicted.copy())) for example in examples]
        evaluator = Evaluator(gold, found, tags=["PER", "LOC"], loader="dict")
        strict = evaluator.evaluate()["overall"]["strict"]
        assert 0 < strict.f1 < 1
        assert abs(strict.f1 - expected["ents_f"]) < 1e-6


class TestSpacyLLM:
    pytestmark = clients("spacy_llm")

    def test_beside_it(self, nlp: Language) -> None:
        """A model that answers without a service."""
        import spacy_llm  # noqa: F401
        from spacy_llm.registry import registry

        @registry.llm_models("spacy_moee.tests.Positive.v1")
        def make() -> Callable[[Iterable[Iterable[str]]], Iterable[Iterable[str]]]:
            def answer(prompts: Iterable[Iterable[str]]) -> Iterable[Iterable[str]]:
                return [["GOOD" for _ in shards] for shards in prompts]

            return answer

        expected = expect(nlp)
        task = {"@llm_tasks": "spacy.TextCat.v3", "labels": ["GOOD", "BAD"]}
        model = {"@llm_models": "spacy_moee.tests.Positive.v1"}
        nlp.add_pipe("llm", config={"task": task, "model": model})
        docs = list(nlp.pipe(TEXTS))
        assert [get_spans(doc) for doc in docs] == expected
        assert all(doc.cats["GOOD"] for doc in docs)


class TestDask:
    pytestmark = clients("dask", "distributed")

    def test_bag(self, nlp: Language) -> None:
        """In processes, and in threads that share the pipeline."""
        import dask.bag

        def find(text: str) -> list:
            return get_spans(nlp(text))

        texts = dask.bag.from_sequence(TEXTS, npartitions=4)
        for scheduler in ("processes", "threads"):
            found = texts.map(find).compute(scheduler=scheduler, num_workers=2)
            assert found == expect(nlp)


class TestCelery:
    pytestmark = clients("celery")

    def test_worker(self, nlp: Language) -> None:
        from celery import Celery
        from celery.contrib.testing.worker import start_worker

        app = Celery(broker="memory://", backend="cache+memory://")

        @app.task(name="find")
        def find(text: str) -> list:
            return get_spans(nlp(text))

        with start_worker(app, pool="threads", concurrency=4, perform_ping_check=False):
            results = [find.delay(text) for text in TEXTS]
            found = [result.get(timeout=60) for result in results]
        assert [[tuple(span) for span in spans] for spans in found] == expect(nlp)


class TestWandb:
    pytestmark = clients("wandb")

    def test_logger(self, folder: Path) -> None:
        """`spacy train` with `spacy.WandbLogger.v5`, offline."""
        from spacy.tokens import DocBin

        nlp = spacy.load("training/model-best")
        docs = [example.reference for example in make_examples(nlp)]
        DocBin(docs=docs).to_disk("train.spacy")
        config = nlp.config
        config["training"]["logger"] = {
            "@loggers": "spacy.WandbLogger.v5",
            "project_name": "moee",
            "remove_config_values": [],
        }
        config["training"].update(max_steps=4, eval_frequency=2)
        config.to_disk("train.cfg")
        paths = ("--paths.train", "train.spacy", "--paths.dev", "train.spacy")
        command = ("-m", "spacy", "train", "train.cfg", "--output", "out", *paths)
        run_python(*command, WANDB_MODE="offline", WANDB_DIR=os.getcwd())
        [log] = Path("wandb").glob("offline-run-*/*.wandb")
        assert b"ents_f" in log.read_bytes()
        assert (folder / "out" / "model-last").exists()
