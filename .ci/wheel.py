"""Check an installed wheel: it has every file of the package, every registered name
loads with the core dependencies only, and the component learns."""

from importlib.metadata import distribution
from pathlib import Path

import spacy
from spacy.training import Example

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "spacy_moee"
# the files that `spacy moee init` copies
PROJECT = [ROOT / "project.yml", *(ROOT / "configs").rglob("*.*")]


def main() -> None:
    """Raise an error for the first file or name that is missing."""
    installed = distribution("spacy-moee")
    files = {Path(file) for file in installed.files or ()}
    data = [*SOURCE.rglob("*.html"), *SOURCE.glob("web/page.*"), SOURCE / "py.typed"]
    for path in [*SOURCE.rglob("*.py"), *data]:
        assert path.relative_to(SOURCE.parent) in files, f"not in the wheel: {path}"
    for path in PROJECT:
        inside = Path("spacy_moee", "project", path.relative_to(ROOT))
        assert inside in files, f"not in the wheel: {path}"
    for entry_point in installed.entry_points:
        entry_point.load()
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner")
    doc = nlp.make_doc("Ada Lovelace lived in London.")
    entities = [(0, 12, "PER"), (22, 28, "LOC")]
    examples = [Example.from_dict(doc, {"entities": entities})]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    found = [(e.start_char, e.end_char, e.label_) for e in nlp(doc.text).ents]
    assert found == entities, found
    print(f"{len(files)} files, {len(installed.entry_points)} entry points: OK")


if __name__ == "__main__":
    main()
