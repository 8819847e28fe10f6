"""Training settings in epochs, whatever the corpus."""

import math
from pathlib import Path
from typing import Optional

from spacy.tokens import DocBin

from ..errors import MoeeError


def epoch_steps(path: Optional[Path], batch_size: int, epochs: int = 1) -> int:
    """Count the batches of some epochs, so that `eval_frequency` and `patience`
    can be given in epochs whatever the corpus. Registered as
    `spacy_moee.epoch_steps.v1`.

    path (Optional[Path]): The training corpus: a `.spacy` file, or a folder of them.
    batch_size (int): Docs a batch, with a batcher that counts docs.
    epochs (int): The number of epochs.
    RETURNS (int): The number of steps, at least 1.
    RAISES (MoeeError): M204, if there is no corpus.
    """
    # a config gives a string, or nothing
    corpus = Path(path or "")
    files = sorted(corpus.rglob("*.spacy")) if path and corpus.is_dir() else [corpus]
    if not files or not all(file.is_file() for file in files):
        raise MoeeError("M204", path=path)
    n_docs = sum(len(DocBin().from_disk(file)) for file in files)
    return max(1, math.ceil(n_docs / batch_size)) * epochs
