"""`python -m spacy moee prune-vectors`: a pipeline with fewer word vectors."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, List, NamedTuple, Optional, Set

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app, show_warning

if TYPE_CHECKING:
    from spacy.language import Language

# fmt: off
Model = Annotated[str, Argument(metavar="MODEL", help="Trained pipeline: a folder, or the name of a package. It is not changed")]  # noqa: E501
Output = Annotated[Path, Argument(metavar="OUTPUT", help="Folder for the smaller pipeline")]  # noqa: E501
Texts = Annotated[Optional[List[Path]], Argument(metavar="TEXT", help="Texts whose words keep their vectors: .spacy, .txt and .jsonl files, or folders of them")]  # noqa: E501
Rows = Annotated[int, Option("--rows", min=0, help="Also keep the first N vectors: in files of vectors the most frequent words come first")]  # noqa: E501
# fmt: on


@app.command("prune-vectors")
def prune_vectors_cli(
    model: Model, output_path: Output, texts: Texts = None, rows: Rows = 0
) -> None:
    """
    Save a pipeline with fewer word vectors: those of the words of some texts, the first
    rows of the table, or both. On these texts it finds exactly the same entities. All
    other words are unknown to it, and it finds fewer entities in other texts: give as
    much text of the target domain as you can, and --rows. Vectors that the pipeline
    itself needs are kept: those that were trained, and those of words that describe
    entity types.
    """
    prune(model, output_path, texts or [], rows)


class Words(NamedTuple):
    """The words of texts.

    keys (Set[int]): The distinct keys that are looked up.
    tokens (int): The number of tokens.
    known (int): The number of tokens with a vector.
    """

    keys: Set[int]
    tokens: int
    known: int


def prune(model: str, output: Path, texts: List[Path], rows: int) -> None:
    """Load a pipeline, read the texts, save it with a subset, and print the sizes."""
    from ..corpora.texts import find_texts
    from ..embeddings.subset import check_output, check_table, make_subset, save_with
    from ..models.lookups import find_lookups
    from . import load_pipeline

    if not texts and not rows:
        raise MoeeError("M712")
    files = find_texts(texts)
    nlp = load_pipeline(model)
    vectors = check_table(nlp.vocab.vectors, model)
    check_output(output, nlp.path)
    words = read_words(nlp, files)
    subset = make_subset(vectors, words.keys | find_lookups(nlp).keys, rows)
    if not subset.key2row:
        raise MoeeError("M715", words=f"{len(words.keys):,}", model=model)
    before = vectors.shape[0], vectors.data.nbytes, size_of(nlp.path)
    with os_errors("M705", output=output):
        save_with(nlp, subset, output)
    if words.tokens:
        share = 100 * words.known / words.tokens
        msg.info(
            f"{share:.1f} % of the {words.tokens:,} tokens of the texts have a vector "
            "that is kept"
        )
    if not rows:
        show_warning("MW73")
    after = subset.shape[0], subset.data.nbytes, size_of(output)
    msg.text(
        f"Vectors: {before[0]:,} -> {after[0]:,}, {mb(before[1])} -> {mb(after[1])}"
    )
    msg.good(f"Saved the pipeline ({mb(before[2])} -> {mb(after[2])}): {output}")


def read_words(nlp: "Language", files: List[Path]) -> Words:
    """Collect the words that are looked up for texts, with the tokens of the pipeline
    and those of the files."""
    from ..corpora.texts import read_texts
    from ..models.lookups import find_lookups

    lookups, rows = find_lookups(nlp), nlp.vocab.vectors.key2row
    keys: Set[int] = set()
    tokens = known = 0
    # words of the texts must not be saved with the pipeline
    with nlp.memory_zone():
        for doc, original in chain(*(read_texts(nlp, path) for path in files)):
            found = lookups.of(doc)
            for array in (found, lookups.of(original)):
                keys.update(array.flatten().tolist())
            tokens += len(doc)
            known += sum(any(key in rows for key in row) for row in found.tolist())
    return Words(keys, tokens, known)


def size_of(folder: Path) -> int:
    """RETURNS (int): The bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def mb(size: float) -> str:
    """RETURNS (str): Bytes as megabytes."""
    return f"{size / 1e6:,.1f} MB"
