"""fastText's vectors as the vectors of a pipeline: `token.vector` for any string."""

import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

from spacy.errors import Warnings
from spacy.strings import StringStore
from spacy.util import ensure_path
from spacy.vocab import Vocab

from .lookup import FastTextLookup
from .reference import (
    Reference,
    from_json,
    holds_table,
    is_own_copy,
    read_reference,
    save_copy,
    to_json,
    write_reference,
)
from .source import get_hash, open_file


def make_fasttext_vectors(
    path: str,
    lowercase: bool = False,
    embed: bool = False,
    prune: bool = False,
    full_hash: bool = False,
) -> Callable[[Vocab], "FastTextVectors"]:
    """Make the vectors of a config's [nlp.vectors] block. Registered as
    `spacy_moee.FastTextVectors.v1`.

    path (str): The fastText .bin file, opened when it is needed. spaCy fills in no
        variables in [nlp]: write the path itself, and override it with
        --nlp.vectors.path.
    lowercase (bool): Lower-case words before they are looked up, for vectors that
        were trained on lower-cased text (fastText's wiki.* files).
    embed (bool): Save a copy in half precision with the pipeline, which then does
        without the .bin. Off by default: training saves a pipeline after every
        evaluation, and each time would write the copy, gigabytes of it.
    prune (bool): Of what `embed` saves, leave out the words that the vocabulary has
        not seen. They keep the vectors of their n-grams.
    full_hash (bool): Save the SHA-256 of the whole file, and compare it whenever the
        pipeline is loaded, which then reads the whole file. Off by default: of a file
        of more than 64 MB a fingerprint of 1,024 blocks is compared, so that a
        pipeline with gigabytes of vectors loads in a moment. That finds another file,
        but not a few changed bytes.
    RETURNS (Callable[[Vocab], FastTextVectors]): What spaCy calls with a vocabulary.
    """

    def create_fasttext_vectors(vocab: Vocab) -> "FastTextVectors":
        return FastTextVectors(
            path,
            strings=vocab.strings,
            lowercase=lowercase,
            embed=embed,
            prune=prune,
            full_hash=full_hash,
        )

    return create_fasttext_vectors


class FastTextVectors(FastTextLookup):
    """The vectors of a fastText .bin file: every string has one, put together from
    its n-grams if the word is not in the file.

    A saved pipeline holds a reference to the file and its fingerprint, or with
    `embed` a copy. The file is looked for at the config's path, then at the path
    noted at saving, and refused if the fingerprint is another. Vectors are equal
    when their fingerprints are.

    Limits of spaCy's design. Only a pipeline that makes its own vocabulary reads
    [nlp.vectors]: after `spacy.load(path, vocab=other.vocab)`, and in a plain pipeline
    after `add_pipe(name, source=nlp)`, components look words up in the other
    vocabulary's vectors. `moee_ner` then raises M201 or M203; a component with
    spaCy's own StaticVectors raises an IndexError. Give the other pipeline the same
    [nlp.vectors] block. Vectors can't be set: `vocab.set_vector` warns and changes
    nothing (it does not raise, because `retokenizer.merge` calls it), and
    `prune_vectors`, `deduplicate_vectors` and `reset_vectors` raise spaCy's E849.
    `[initialize] vectors` takes a pipeline with these vectors only into a config with
    the same [nlp.vectors] block, and logs a W112 that does not apply.

    Limits of mapped files. Whoever cuts the file while it is in use can end the process
    (SIGBUS): its length is looked at before each reading, and then M249 raised, but
    not while a reading goes on. Whoever writes into it changes the vectors, and only
    the next loading of the pipeline finds that out. So write another file beside it,
    and rename it to its name. Rows are searched for NaN when they are read (M246).

    path (Union[str, Path]): The .bin file.
    strings (Optional[StringStore]): The strings of the vocabulary.
    lowercase (bool): As in `make_fasttext_vectors`; a saved pipeline's own setting
        wins over it.
    embed (bool): As in `make_fasttext_vectors`.
    prune (bool): As in `make_fasttext_vectors`.
    full_hash (bool): As in `make_fasttext_vectors`.
    """

    def __init__(
        self,
        path: Union[str, Path],
        *,
        strings: Optional[StringStore] = None,
        lowercase: bool = False,
        embed: bool = False,
        prune: bool = False,
        full_hash: bool = False,
    ) -> None:
        super().__init__(path, strings=strings, lowercase=lowercase)
        self.settings = {
            "lowercase": lowercase,
            "embed": embed,
            "prune": prune,
            "full_hash": full_hash,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FastTextVectors) and self._key() == other._key()

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        reference = None if self.source.is_unknown else tuple(self.source.identify())
        # the vocabulary's own object: so its copy and ours will be one again
        args = (str(self.source.path), self.settings, self.name, reference)
        return _unpickle, (*args, self.live_strings)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Say which vectors these are. spaCy compares the bytes of two pipelines, so
        they name no path if it is the config's.

        exclude (Iterable[str]): Without effect.
        RETURNS (bytes): The fingerprint; nothing if no file was ever seen.
        """
        if self.source.is_unknown:
            return b""
        reference = self.source.identify()
        if Path(reference.path) == self.source.path:
            reference = reference._replace(path="", embedded=False)
        sha256 = get_hash(self.source.file) if self.settings["full_hash"] else ""
        return to_json(reference._replace(sha256=sha256))

    def from_bytes(
        self, data: bytes, *, exclude: Iterable[str] = ()
    ) -> "FastTextVectors":
        """Go back to the vectors that `to_bytes` spoke of.

        data (bytes): What `to_bytes` gave.
        exclude (Iterable[str]): Without effect.
        RETURNS (FastTextVectors): The object.
        RAISES (MoeeError): M220 to M223, M265 and M266, for what is not as it was.
        """
        if not data:
            self.source.expect(None, "the config")
            return self
        reference = from_json(data, "the pipeline's bytes")
        path = reference.path or str(self.source.path)
        place = "the pipeline in these bytes"
        full = self.settings["full_hash"]
        self.source.restore(reference._replace(path=path), place, full)
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Save a reference, and with `embed` a copy. Vectors that came from a copy in
        a pipeline's folder are saved as one again.

        path (Union[str, Path]): The folder `vocab` of a pipeline.
        exclude (Iterable[str]): Without effect.
        RAISES (MoeeError): M215 and M216 if it can't be written; M220 to M223.
        """
        folder = ensure_path(path)
        folder.mkdir(parents=True, exist_ok=True)
        reference = self.source.identify()
        is_own = is_own_copy(Path(reference.path), folder)
        if self.settings["embed"] or reference.embedded or is_own:
            words = self._seen_words() if self.settings["prune"] else None
            reference = save_copy(self.source.file, reference, folder, words)
        if self.settings["full_hash"]:
            file = open_file(folder.absolute() / reference.path)
            reference = reference._replace(sha256=get_hash(file))
        write_reference(folder, reference)

    def from_disk(
        self, path: Union[str, Path], *, exclude: Iterable[str] = ()
    ) -> "FastTextVectors":
        """Find the vectors that a pipeline was saved with.

        path (Union[str, Path]): The folder `vocab` of the pipeline.
        exclude (Iterable[str]): Without effect.
        RETURNS (FastTextVectors): The object.
        RAISES (MoeeError): M220 to M223, M265 and M266, for what is not as it was.
        WARNS (UserWarning): W113, if it was saved with vectors of another kind.
        """
        folder = ensure_path(path).absolute()
        reference = read_reference(folder)
        if reference is not None:
            place = f"the pipeline in '{folder.parent}'"
            self.source.restore(reference, place, self.settings["full_hash"])
        elif holds_table(folder):
            # spaCy itself would not notice: it compares what we keep
            warnings.warn(Warnings.W113.format(name=folder.parent), stacklevel=2)
        return self

    def _key(self) -> Tuple[str, bool]:
        source = self.source
        known = str(source.path) if source.is_unknown else source.identify().fingerprint
        return known, source.lowercase

    def _seen_words(self) -> List[str]:
        return sorted({self._word(string) for string in self.live_strings})


def _unpickle(
    path: str,
    settings: Dict[str, Any],
    name: Optional[str],
    reference: Optional[Tuple],
    strings: StringStore,
) -> FastTextVectors:
    vectors = FastTextVectors(path, **settings)
    vectors.name = name
    vectors._pickled_strings = strings
    if reference is not None:
        vectors.source.expect(Reference(*reference), "the unpickled pipeline")
    return vectors
