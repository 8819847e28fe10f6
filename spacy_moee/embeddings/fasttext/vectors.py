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
from .source import open_file


class FastTextVectors(FastTextLookup):
    """The vectors of a fastText .bin file: every string has one; that of an unknown
    word is the mean of its n-grams.

    A saved pipeline has a reference to the file and its fingerprint, or with `embed` a
    copy. The file is searched at the config's path, then at the path that was saved,
    and rejected if its fingerprint differs. Vectors are equal if their fingerprints
    are.

    Limits of spaCy's design. Only a pipeline that makes its own vocabulary reads
    [nlp.vectors]: after `spacy.load(path, vocab=other.vocab)`, and in a plain pipeline
    after `add_pipe(name, source=nlp)`, components look up words in the other
    vocabulary's vectors. `moee_ner` then raises M201 or M203; a component with
    spaCy's own StaticVectors raises an IndexError. Use the same [nlp.vectors] block in
    the other pipeline. Vectors can't be set: `vocab.set_vector` warns and changes
    nothing (it does not raise, because `retokenizer.merge` calls it), and
    `prune_vectors`, `deduplicate_vectors` and `reset_vectors` raise spaCy's E849.
    `[initialize] vectors` accepts a pipeline with these vectors only in a config with
    the same [nlp.vectors] block, and logs a W112 that does not apply.

    Limits of mapped files. Truncating the file while it is in use can kill the process
    (SIGBUS): its length is checked before each read (M249), but not during a read.
    Writing into the file changes the vectors, which is only detected when the pipeline
    is loaded again. To replace the file, write a new one beside it and rename that.
    Rows are checked for NaN when they are read (M246).

    path (Union[str, Path]): The .bin file.
    strings (Optional[StringStore]): The strings of the vocabulary.
    lowercase (bool): As in `make_fasttext_vectors`; the setting of a saved pipeline
        overrides it.
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
        # the vocabulary's own object, so that both share one copy after unpickling
        args = (str(self.source.path), self.settings, self.name, reference)
        return _unpickle, (*args, self.live_strings)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the reference to the vectors. spaCy compares the bytes of two
        pipelines, so they have no path if it is that of the config.

        exclude (Iterable[str]): Ignored.
        RETURNS (bytes): The reference; empty if no file was ever found.
        """
        if self.source.is_unknown:
            return b""
        reference = self.source.identify()
        if Path(reference.path) == self.source.path:
            reference = reference._replace(path="", embedded=False)
        sha256 = self.source.file.sha256 if self.settings["full_hash"] else ""
        return to_json(reference._replace(sha256=sha256))

    def from_bytes(
        self, data: bytes, *, exclude: Iterable[str] = ()
    ) -> "FastTextVectors":
        """Restore the vectors of a reference.

        data (bytes): The result of `to_bytes`.
        exclude (Iterable[str]): Ignored.
        RETURNS (FastTextVectors): The object.
        RAISES (MoeeError): M220 to M223, M265 and M266, if the file is missing or has
            changed.
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
        """Save a reference, and with `embed` a copy. Vectors that were loaded from a
        pipeline's copy are saved as a copy again.

        path (Union[str, Path]): The folder `vocab` of a pipeline.
        exclude (Iterable[str]): Ignored.
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
            reference = reference._replace(sha256=file.sha256)
        write_reference(folder, reference)

    def from_disk(
        self, path: Union[str, Path], *, exclude: Iterable[str] = ()
    ) -> "FastTextVectors":
        """Find the vectors of a saved pipeline.

        path (Union[str, Path]): The folder `vocab` of the pipeline.
        exclude (Iterable[str]): Ignored.
        RETURNS (FastTextVectors): The object.
        RAISES (MoeeError): M220 to M223, M265 and M266, if the file is missing or has
            changed.
        WARNS (UserWarning): W113, if it was saved with vectors of another kind.
        """
        folder = ensure_path(path).absolute()
        reference = read_reference(folder)
        if reference is not None:
            place = f"the pipeline in '{folder.parent}'"
            self.source.restore(reference, place, self.settings["full_hash"])
        elif holds_table(folder):
            # spaCy does not warn here: it only compares the vectors that are kept
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


def make_fasttext_vectors(
    path: str,
    lowercase: bool = False,
    embed: bool = False,
    prune: bool = False,
    full_hash: bool = False,
) -> Callable[[Vocab], FastTextVectors]:
    """Make the vectors of a config's [nlp.vectors] block. Registered as
    `spacy_moee.FastTextVectors.v1`.

    path (str): The fastText .bin file, opened when it is needed. spaCy does not
        interpolate variables in [nlp]: write the path itself, and override it with
        --nlp.vectors.path.
    lowercase (bool): Lower-case words before they are looked up, for vectors that
        were trained on lower-cased text (fastText's wiki.* files).
    embed (bool): Save a copy in half precision with the pipeline, which then works
        without the .bin file. Off by default: training saves a pipeline after every
        evaluation, and would write a copy of gigabytes each time.
    prune (bool): Leave words that the vocabulary has not seen out of the copy of
        `embed`. Their vectors are then the means of their n-grams.
    full_hash (bool): Save the SHA-256 of the whole file, and compare it whenever the
        pipeline is loaded, which then reads the whole file. Off by default: for a file
        of more than 64 MB only a fingerprint of 1,024 blocks is compared, so that a
        pipeline with gigabytes of vectors loads quickly. This detects another file, but
        not a few changed bytes.
    RETURNS (Callable[[Vocab], FastTextVectors]): Creates the vectors of a vocabulary.
    """

    def create_fasttext_vectors(vocab: Vocab) -> FastTextVectors:
        return FastTextVectors(
            path,
            strings=vocab.strings,
            lowercase=lowercase,
            embed=embed,
            prune=prune,
            full_hash=full_hash,
        )

    return create_fasttext_vectors
