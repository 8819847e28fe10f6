"""Readers and a batcher for a training with raw text, in [corpora] of a config."""

from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional, Union

from spacy.language import Language
from spacy.training import Corpus, Example
from spacy.util import registry

from ..errors import MoeeError, check_setting
from ..extensions import SOURCE, TARGET, set_domain
from .documents import read_references, split_sentences
from .mixed import MixedCorpus, MixedEpoch
from .raw import RawText
from .streamed import BATCHER, READER

# a file or folder, or several of them
Paths = Union[Path, List[Path], None]


def make_mixed_corpus(
    path: Optional[Path],
    source: Paths = None,
    target: Paths = None,
    batch_size: int = 10,
    max_length: int = 250,
    transductive: bool = False,
    test: Paths = None,
    buffer: int = 2000,
) -> MixedCorpus:
    """Read annotated docs of a source domain, and raw text of the source and of a
    target domain, from which a model learns to predict words. Registered as
    `spacy_moee.MixedCorpus.v1`, for a [training] with `max_epochs = -1`,
    `accumulate_gradient = 1` and the batcher `spacy_moee.batch_mixed.v1`.

    An epoch has as many steps as batches of annotated docs, the last of which may be
    smaller. The raw sentences are spread evenly over the steps. So each doc and each
    sentence is read once an epoch, in another order each time.

    Raw text is streamed from `.spacy` files (only their text is read), `.jsonl` files
    of objects with a "text", `.txt` files with a text per line, and folders of them. It
    is cut into sentences at blank lines and by the rule of spaCy's `sentencizer`; docs
    of a `.spacy` file keep the sentences that they have.

    path (Optional[Path]): The annotated docs: a `.spacy` file, or a folder of them.
    source (Union[Path, List[Path], None]): Raw text of the source domain.
    target (Union[Path, List[Path], None]): Raw text of the target domain.
    batch_size (int): Annotated docs per step.
    max_length (int): Sentences of this many tokens or more are left out; 0 for none.
        Docs are read by their sentences.
    transductive (bool): Also read the text of the target's test corpus, without its
        annotation. Its score is then no longer that of unseen text.
    test (Union[Path, List[Path], None]): The test corpus; read only if `transductive`.
    buffer (int): The number of raw sentences to read ahead, to shuffle them.
    RETURNS (MixedCorpus): The reader, which also says how many steps an epoch has.
    RAISES (MoeeError): M103 for invalid values, M613 without `test`.
    """
    for argument, value, least in (
        ("batch_size", batch_size, 1),
        ("max_length", max_length, 0),
        ("buffer", buffer, 1),
    ):
        expected = f"{least} or more"
        check_setting(value >= least, argument, READER, expected, value)
    if transductive and not test:
        raise MoeeError("M613", reader=READER)
    named = (
        ("source", SOURCE, source),
        ("target", TARGET, target),
        ("test", TARGET, test if transductive else None),
    )
    raw = [
        RawText(paths, domain, setting, max_length)
        for setting, domain, value in named
        if (paths := _list_paths(value))
    ]
    settings = {"batch_size": batch_size, "max_length": max_length, "buffer": buffer}
    return MixedCorpus(Path(path) if path else None, raw, **settings)


def _list_paths(value: Paths) -> List[Path]:
    items = value if isinstance(value, list) else [value] if value else []
    # in a config they are strings
    return [Path(item) for item in items]


def make_batch_mixed() -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Batch the epochs of `spacy_moee.MixedCorpus.v1`: a batch is a step, which has
    annotated docs and raw text of both domains. Registered as
    `spacy_moee.batch_mixed.v1`.

    RETURNS (Callable): The batcher.
    RAISES (MoeeError): M609, for other examples.
    """

    def batch_mixed(examples: Iterable[Example]) -> Iterator[List[Example]]:
        if not isinstance(examples, MixedEpoch):
            found = type(examples).__name__
            raise MoeeError("M609", batcher=BATCHER, reader=READER, found=found)
        return examples.steps()

    return batch_mixed


def make_source_corpus(
    path: Optional[Path],
) -> Callable[[Language], Iterable[Example]]:
    """Read annotated docs by their sentences, and say that they are of the source
    domain, so that a model that knows two domains reads them as such: the docs of
    [corpora.dev] beside `spacy_moee.MixedCorpus.v1`. Registered as
    `spacy_moee.SourceCorpus.v1`.

    path (Optional[Path]): A `.spacy` file, or a folder of them.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader.
    """
    corpus: Corpus = registry.readers.get("spacy.Corpus.v1")(path, gold_preproc=False)

    def read_source(nlp: Language) -> Iterator[Example]:
        for doc in read_references(corpus, nlp):
            for example in corpus.make_examples(nlp, split_sentences(doc)):
                set_domain(example.predicted, SOURCE)
                yield example

    return read_source
