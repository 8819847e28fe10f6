"""What a training reads beside annotated text, as its config says."""

from pathlib import Path
from typing import Any, Dict, Iterable, List

from confection import Config

READER = "spacy_moee.MixedCorpus.v1"
# of texts that a teacher has read; it does not say of which domain they are
SOFT_READER, TEACHER = "spacy_moee.SoftCorpus.v1", "a teacher's"
SOURCE, TARGET, TEST = "source", "target", "test"


def find_raw_text(config: Config, tests: Iterable[Path]) -> str:
    """Say which text without annotation a training reads.

    config (Config): The config.
    tests (Iterable[Path]): The test sets of the targets.
    RETURNS (str): The domains, such as "source, target", and "test" if the text of a
        test set is read, too; "a teacher's" for those of any domain that it has read;
        empty for none, which is zero-resource.
    """
    values = config.interpolate()
    reader: Dict[str, Any] = values
    for name in str(values["training"]["train_corpus"]).split("."):
        reader = reader.get(name) or {}
    if reader.get("@readers") == SOFT_READER:
        return TEACHER
    paths = raw_paths(reader)
    found = [name for name in (SOURCE, TARGET) if paths[name]]
    read = {Path(path).resolve() for part in paths.values() for path in part}
    # whatever the config calls it
    places = [{x, *x.parents} for x in (path.resolve() for path in tests)]
    has_test = paths[TEST] or any(read & place for place in places)
    return ", ".join([*found, *([TEST] if has_test else [])])


def raw_paths(block: Dict[str, Any]) -> Dict[str, List[str]]:
    """List the files and folders of raw text that a block of a config names.

    block (Dict[str, Any]): The block.
    RETURNS (Dict[str, List[str]]): The paths, by the argument that names them; none if
        the block is no reader of raw text, or does not read what it names.
    """
    found: Dict[str, List[str]] = {SOURCE: [], TARGET: [], TEST: []}
    if block.get("@readers") != READER:
        return found
    for name, paths in found.items():
        value = block.get(name) or []
        if name != TEST or block.get("transductive"):
            paths += map(str, value if isinstance(value, list) else [value])
    return found
