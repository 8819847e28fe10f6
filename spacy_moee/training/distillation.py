"""The config of a student, from a recipe."""

from pathlib import Path
from typing import Any, List, NoReturn, Optional, Sequence, Set, Tuple

from spacy.language import Language
from spacy.training import Example
from spacy.util import load_model_from_config, registry
from thinc.api import Config

from ..errors import MoeeError
from .documents import read_once
from .soft import NAME as READER


class Recipe:
    """A training config for a student.

    config (Config): The config, with its variables.
    name (str): Where it comes from, for messages.
    """

    def __init__(self, config: Config, name: str) -> None:
        self.config = config
        self.name = name
        self.values = config.interpolate()
        self.component = self._find_component()
        self.corpus = self._find_corpus()

    def _find_component(self) -> str:
        blocks = self.values.get("components", {})
        names = [name for name, x in blocks.items() if x.get("factory") == "moee_ner"]
        if len(names) != 1:
            found = ", ".join(names) or "none"
            self._fail(f"these of its components are a moee_ner: {found}")
        return names[0]

    def _find_corpus(self) -> Tuple[str, ...]:
        training = self.values.get("training", {})
        numbers = registry.resolve({"max_epochs": training.get("max_epochs", 0)})
        if numbers["max_epochs"] < 0:
            self._fail(f"[training] max_epochs is {numbers['max_epochs']}")
        keys = (*str(training.get("train_corpus", "")).split("."),)
        if _look_up(self.values, keys) is None:
            self._fail(f"it has no [{'.'.join(keys)}], its train_corpus")
        return keys

    def _fail(self, problem: str) -> NoReturn:
        raise MoeeError("M628", config=self.name, problem=problem)

    @property
    def corpus_path(self) -> Path:
        """RETURNS (Path): The file or folder of the annotated docs.
        RAISES (MoeeError): M628, if their reader has no `path`."""
        block = _look_up(self.values, self.corpus)
        path = block.get("path") if isinstance(block, dict) else None
        if not path:
            self._fail(f"[{'.'.join(self.corpus)}] has no path of texts to read")
        return Path(path)

    def make_tokenizer(self) -> Language:
        """RETURNS (Language): The pipeline without any component."""
        nlp = {**self.values["nlp"], "pipeline": [], "disabled": []}
        blank = Config({**self.values, "nlp": nlp, "components": {}})
        return load_model_from_config(blank, auto_fill=True)

    def read_gold(self, nlp: Language) -> List[Example]:
        """Read the annotated docs.

        nlp (Language): The pipeline without any component.
        RETURNS (List[Example]): The docs.
        RAISES (MoeeError): M628, if there are none, or they can't be read.
        """
        block: Any = {"corpus": _look_up(self.values, self.corpus)}
        try:
            reader = read_once(registry.resolve(block)["corpus"])
            examples = list(reader(nlp))
        except MoeeError:
            raise
        except (OSError, ValueError, LookupError, TypeError) as error:
            self._fail(f"its training corpus can't be read ({error})")
        if not examples:
            self._fail("there is nothing in its training corpus")
        return examples

    def make_student(
        self, path: Path, labels: Sequence[str], gold: bool, weight: float
    ) -> Config:
        """Make the config of the student.

        path (Path): What a teacher says of texts.
        labels (Sequence[str]): The entity types of the teacher.
        gold (bool): Whether the annotated docs are learned from, too.
        weight (float): How much a token of the texts counts beside an annotated one.
        RETURNS (Config): The config.
        """
        config = self.config.copy()
        block: Any = _look_up(config, self.corpus[:-1])
        block[self.corpus[-1]] = {
            "@readers": READER,
            "path": str(path),
            "weight": weight,
            "gold": block[self.corpus[-1]] if gold else None,
        }
        initialize = config.setdefault("initialize", {}).setdefault("components", {})
        initialize.setdefault(self.component, {})["labels"] = [*labels]
        return config


def check_types(
    examples: Sequence[Example], labels: Sequence[str], teacher: str, name: str
) -> List[str]:
    """Compare the entity types of annotated docs with those of a teacher.

    examples (Sequence[Example]): The docs.
    labels (Sequence[str]): The types of the teacher.
    teacher (str): Its name.
    name (str): What has the docs.
    RETURNS (List[str]): The types that no doc has, sorted.
    RAISES (MoeeError): M627, for a type that the teacher does not know.
    """
    found: Set[str] = {ent.label_ for eg in examples for ent in eg.reference.ents}
    if not found <= {*labels}:
        types = {"found": sorted(labels), "expected": sorted(found)}
        raise MoeeError("M627", teacher=teacher, name=name, **types)
    return sorted({*labels} - found)


def _look_up(config: Any, keys: Sequence[str]) -> Optional[Any]:
    for key in keys:
        config = config.get(key) if isinstance(config, dict) else None
    return config
