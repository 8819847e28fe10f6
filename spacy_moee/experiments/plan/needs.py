"""What the runs of an experiment need, and is not there: files, vectors, encoders,
packages. It is listed before the first training, not found out by each of them."""

import logging
import warnings
from functools import cache
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Set, Tuple

import numpy
from confection import Config
from spacy.attrs import ENT_TYPE, SENT_START
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.util import is_package, registry
from spacy.vocab import Vocab

from ...errors import MoeeError
from ...evaluation.column_file import read_gold
from ...evaluation.units import SENTENCES
from .experiment import Experiment
from .inputs import is_file, is_there
from .raw_text import raw_paths

# they need entities: to learn from, and to choose the best epoch by
LABELLED = ("train", "dev")
# bytes of a corpus that is read to see what is in it
LARGEST = 1 << 26
STATIC = (
    "spacy_moee.StaticEmbed.v1",
    "spacy.StaticVectors.v1",
    "spacy.StaticVectors.v2",
)
DESCRIBED = {"spacy_moee.ConceptTagger.v1", "spacy_moee.RobustTagger.v1"}
ENCODERS = ("spacy_moee.TransformerEmbed.", "spacy-transformers.TransformerModel.")
VOCABULARY = "spacy_moee.read_vocabulary.v1"
# the first bytes of a table
NUMPY = b"\x93NUMPY"
EXTRA = 'run `pip install "spacy-moee[transformers]"`'
CONVERT_AGAIN = "column files, converted again, have them"
MAKE_WORDS = "; `python -m spacy moee vocabulary` makes it"
MAKE_VECTORS = "`python -m spacy moee vectors` makes some"


def list_missing(experiment: Experiment, configs: Mapping[str, Config]) -> List[str]:
    """List what is missing.

    experiment (Experiment): The experiment.
    configs (Mapping[str, Config]): The config of each system with each embeddings, by
        a name for people, as far as its file is there.
    RETURNS (List[str]): What is wrong, a line each; empty if all is there.
    """
    users: Dict[str, List[str]] = {}
    data = set(map(str, experiment.data.files.values()))
    # an encoder may have to be looked for in the network
    encoder_once = cache(_encoder)
    for name, config in configs.items():
        for line in _missing_of(config.interpolate(), data, encoder_once):
            users.setdefault(line, []).append(name)
    lines = _missing_files(experiment)
    for line, names in users.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append(f"{line} (for {names[0]}{more})")
    return lines


def _missing_files(experiment: Experiment) -> List[str]:
    """The files that an experiment names itself and that are not there, or are no
    corpora."""
    files = {f"systems.{k}.config": s.config for k, s in experiment.systems.items()}
    for name, embeddings in experiment.embeddings.items():
        if embeddings.tok2vec is not None:
            files[f"embeddings.{name}.tok2vec"] = embeddings.tok2vec
    data = {f"data.{name}": path for name, path in experiment.data.files.items()}
    readings = [*experiment.data.source_columns.values()]
    readings += experiment.data.target_columns.values()
    by_sentence = {x.input for x in readings if x.units == SENTENCES}
    lines = []
    for key, path in {**data, **files}.items():
        name = key.removeprefix("data.")
        is_corpus = key in data and name in experiment.data.corpora
        if not is_file(path):
            lines.append(f"{key}: there is no file '{path}'")
        elif is_corpus and (problem := _bad_corpus(path, name, name in by_sentence)):
            lines.append(f"{key}: '{path}' {problem}")
    return lines or _bad_gold(experiment)


def _bad_gold(experiment: Experiment) -> List[str]:
    """The column files whose gold is not that of their corpora, which are there."""
    lines = []
    for name, target in experiment.data.targets.items():
        if target.ncrfpp is None or target.path.stat().st_size > LARGEST:
            continue
        try:
            docs = DocBin().from_disk(target.path).get_docs(Vocab())
            read_gold(target.ncrfpp, [*docs])
        except MoeeError as error:
            lines.append(f"data.targets.{name}.ncrfpp: {error}")
    return lines


def _bad_corpus(path: Path, name: str, by_sentence: bool) -> str:
    """What is wrong with a `.spacy` file, "" for nothing."""
    try:
        if path.stat().st_size > LARGEST:
            return ""
        docs = DocBin().from_disk(path)
        column = docs.attrs.index(ENT_TYPE) if ENT_TYPE in docs.attrs else None
        entities = column is not None and any(t[:, column].any() for t in docs.tokens)
        without = _without_sentences(docs) if by_sentence else 0
    # whatever reading a foreign file raises
    except Exception as error:
        return f"is no .spacy file ({type(error).__name__}: {error})"
    if not len(docs):
        # a target without docs has no score, and hinders nothing
        return "" if name.startswith("targets.") else "holds no doc"
    if without:
        return f"has no sentence starts in {without:,} docs; {CONVERT_AGAIN}"
    return "holds no entity" if name in LABELLED and not entities else ""


def _without_sentences(docs: DocBin) -> int:
    """How many docs can't be read by sentences."""
    if SENT_START not in docs.attrs:
        return sum(len(tokens) > 1 for tokens in docs.tokens)
    column = docs.attrs.index(SENT_START)
    return sum(len(x) > 1 and not x[1:, column].any() for x in docs.tokens)


def _missing_of(
    values: Dict[str, Any], known: Set[str], encoder: Callable[[str], str]
) -> List[str]:
    """What the values of a config name, and is neither known nor there."""
    blocks = list(_blocks(values))
    lines = [*_vectors(values, blocks), *_sources(values)]
    for name in ("init_tok2vec", "vocab_data"):
        path = values["initialize"].get(name)
        if path is not None and not is_there(str(path)):
            lines.append(f"initialize.{name}: there is no file '{path}'")
    for place, block in blocks:
        for key, name in block.items():
            if key.startswith("@") and not _is_registered(key[1:], str(name)):
                what = f"'{name}' is not registered; install the package that has it"
                hint = f" ({EXTRA})" if "transformers" in str(name) else ""
                lines.append(f"{place}.{key}: {what}{hint}")
        hint = MAKE_WORDS if block.get("@callbacks") == VOCABULARY else ""
        lines += [
            f"{place}.{key}: there is no file '{path}'{hint}"
            for key, path in _named_files(block)
            if not (path in known or is_there(path))
        ]
        if _names_encoder(block) and (problem := encoder(block["name"])):
            lines.append(f"{place}.name: {problem}")
    return lines


def _named_files(block: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """What a registered function reads, by the argument that names it."""
    reads = "@readers" in block and block.get("require", True)
    path = block.get("path")
    if isinstance(path, str) and (reads or block.get("@callbacks") == VOCABULARY):
        yield "path", path
    for key, paths in raw_paths(block).items():
        for path in paths:
            yield key, path


def _blocks(values: Dict[str, Any], prefix: str = "") -> Iterator[Tuple[str, Dict]]:
    for key, value in values.items():
        if isinstance(value, dict) and key != "pretraining":
            yield f"{prefix}{key}", value
            yield from _blocks(value, f"{prefix}{key}.")


def _vectors(values: Dict[str, Any], blocks: Sequence[Tuple[str, Dict]]) -> List[str]:
    """What is wrong with the word vectors."""
    named = values["initialize"].get("vectors")
    section = values["nlp"].get("vectors", {})
    if isinstance(section.get("path"), str):
        problem = _fasttext(section["path"])
        return [f"nlp.vectors.path: {problem}"] if problem else []
    if named is not None:
        problem = _table(str(named))
        return [f"initialize.vectors: {problem}"] if problem else []
    used = [place for place, block in blocks if _reads_vectors(block, blocks)]
    own = section.get("@vectors", "spacy.Vectors.v1") != "spacy.Vectors.v1"
    if not used or own:
        return []
    what = f"{used[0]} looks word vectors up, and none are named"
    return [f"initialize.vectors: {what}; {MAKE_VECTORS}"]


def _reads_vectors(block: Dict, blocks: Sequence[Tuple[str, Dict]]) -> bool:
    name = str(block.get("@architectures"))
    if name in DESCRIBED:
        return not any(_names_encoder(other) for _, other in blocks)
    # with a width it can learn all words itself
    learns = name == "spacy_moee.VocabularyEmbed.v1" and block.get("width") is None
    return name in STATIC or learns or block.get("include_static_vectors") is True


def _table(name: str) -> str:
    """What is wrong with vectors to start from, "" for nothing."""
    if name.startswith("blank:") or is_package(name):
        return ""
    if not is_there(name):
        return f"there are no vectors at '{name}'; {MAKE_VECTORS}"
    path = Path(name)
    if not (path / "config.cfg").is_file() or not (path / "vocab").is_dir():
        return f"'{name}' is no folder of vectors; {MAKE_VECTORS}"
    file = path / "vocab" / "vectors"
    try:
        with file.open("rb") as stream:
            if stream.read(len(NUMPY)) not in (b"", NUMPY):
                # a reference to a fastText file
                return ""
        rows = len(numpy.load(file, mmap_mode="r"))
    except FileNotFoundError:
        rows = 0
    except (OSError, ValueError, EOFError) as error:
        return f"the table in '{name}' is damaged ({error}); {MAKE_VECTORS}"
    return "" if rows else f"the table in '{name}' is empty; {MAKE_VECTORS}"


def _fasttext(name: str) -> str:
    from ...embeddings.fasttext.source import find_file

    try:
        find_file(Path(name).absolute(), None, "the config")
    except MoeeError as error:
        return str(error)
    return ""


def _names_encoder(block: Dict) -> bool:
    name = str(block.get("@architectures"))
    return name.startswith(ENCODERS) and isinstance(block.get("name"), str)


def _encoder(name: str) -> str:
    from ...embeddings.transformer import check_encoder

    # without a network it tells of each of its attempts
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        check_encoder(name)
    except MoeeError as error:
        return str(error)
    finally:
        logger.setLevel(level)
    return ""


def _sources(values: Dict[str, Any]) -> List[str]:
    """What is wrong with the components that a config names."""
    lines = []
    # the first pipeline of a process finds the factories of other packages
    known = Language().has_factory
    for name, component in values["components"].items():
        place = f"components.{name}"
        if not isinstance(component, dict):
            lines.append(f"{place}: it is no section, with a factory or a source")
            continue
        named = {k: str(component[k]) for k in ("factory", "source") if k in component}
        source, factory = named.get("source"), named.get("factory")
        if source is not None and not (is_package(source) or is_there(source)):
            lines.append(f"{place}.source: there is no pipeline '{source}'")
        if factory is not None and not known(factory):
            lines.append(f"{place}.factory: '{factory}' is not registered")
    return lines


def _is_registered(kind: str, name: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return registry.has(kind, name)
