"""Small corpora, and trainings that say what they did."""

from pathlib import Path
from typing import Any, Dict, List, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config, registry
from thinc.api import Config

CONFIG = Path(__file__).parents[2] / "configs" / "sample.cfg"
VOCAB = spacy.blank("en").vocab
SMALL = {
    "components.moee_ner.model.hidden_width": 8,
    "components.moee_ner.model.expert_width": 8,
    "components.moee_ner.model.depth": 1,
    "paths.labels": "none.json",
}


def make_doc(n_sentences: int) -> Doc:
    """A doc of some sentences of four words."""
    words = ["Ada", "left", "London", "."] * n_sentences
    starts: List[Any] = [True, False, False, False] * n_sentences
    doc = Doc(VOCAB, words=words, sent_starts=starts)
    doc.ents = [
        Span(doc, 4 * i + start, 4 * i + start + 1, label=label)
        for i in range(n_sentences)
        for start, label in ((0, "PER"), (2, "LOC"))
    ]
    return doc


def write_corpus(path: Path, sizes: List[int]) -> Path:
    """Write a corpus of docs with these numbers of sentences."""
    path.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=[make_doc(size) for size in sizes]).to_disk(path)
    return path


def make_config(folder: Path, sizes: List[int], **overrides: Any) -> Config:
    """The recipe for the sample, made small, on a corpus of such docs."""
    values = {
        **SMALL,
        "paths.train": str(write_corpus(folder / "train.spacy", sizes)),
        "paths.dev": str(write_corpus(folder / "dev.spacy", [1])),
        "training.batcher.size": 2,
        "initialize.after_init.min_steps": 0,
        **overrides,
    }
    config = load_config(CONFIG, interpolate=False)
    # which reads each doc once, as it is
    block = {"@readers": "spacy.Corpus.v1", "path": "${paths.train}", "max_length": 0}
    config["corpora"]["train"] = {**block, "gold_preproc": False}
    return Config().from_str(config.to_str(), overrides=values, interpolate=False)


class Seen:
    """What a training did: the epoch of each step, and which steps were evaluated."""

    def __init__(self) -> None:
        self.epochs: List[int] = []
        self.evaluated: List[int] = []
        self.settings: Dict[str, Any] = {}

    def steps_of_first_epoch(self) -> int:
        return self.epochs.count(0)


def run_training(config: Config) -> Tuple[Language, Seen]:
    """Train as `spacy train` does, and watch."""
    seen = Seen()

    def watch() -> Any:
        def note_step(nlp: Language, step: Dict[str, int]) -> None:
            seen.epochs.append(step["epoch"])

        return note_step

    def make_logger() -> Any:
        def set_up(nlp: Language, stdout: Any, stderr: Any) -> Any:
            seen.settings = dict(nlp.config["training"])

            def log_step(info: Any) -> None:
                if info is not None:
                    seen.evaluated.append(info["step"])

            return log_step, lambda: None

        return set_up

    registry.callbacks.register("watch.v1", func=watch)
    registry.loggers.register("watch.v1", func=make_logger)
    config["training"]["before_update"] = {"@callbacks": "watch.v1"}
    config["training"]["logger"] = {"@loggers": "watch.v1"}
    nlp = init_nlp(config)
    train(nlp)
    return nlp, seen


def as_examples(docs: List[Doc]) -> List[Example]:
    return [Example(doc, doc) for doc in docs]
