"""Every message that the package raises or warns with, each with a code."""

import warnings
from typing import Any, Callable, Dict, Tuple

MESSAGES: Dict[str, str] = {
    # M0: the component, its labels and its gold annotation
    "M001": (
        "Can't add the label '{label}' to '{name}': the network was already built "
        "for {labels}. Add every label before `nlp.initialize()`, or train a new "
        "pipeline whose training data (or labels file) contains '{label}'."
    ),
    "M002": (
        "'{name}' was asked to learn from an entity of type '{label}', but it was "
        "initialized with {labels}. Initialize it from data that contains "
        "'{label}', or rename or remove that type in the training data (the "
        "converter's --types does it)."
    ),
    "M003": (
        "'{label}' can't be an entity type: {reason}. Expected a bare type such "
        "as 'PER', without a B- or I- prefix."
    ),
    "M004": (
        "The {what} of '{name}' is not finite ({value}) on a batch of {batch} "
        "docs, so the weights were left as they are. Lower the learning rate, set "
        "[training.optimizer] grad_clip above 0, and look for NaN in the vectors."
    ),
    "M005": (
        "'{name}' can't read its saved data: {reason}. Expected what "
        "`nlp.to_disk()` or `nlp.to_bytes()` wrote with the same config. Copy the "
        "pipeline again, or train it anew."
    ),
    "M006": (
        "`initialize(labels=...)` of '{name}' expected a list of entity types such "
        "as ['LOC', 'PER'], and found {found}."
    ),
    "M007": (
        "'{name}' can't be initialized without an entity type (spaCy's E143): the "
        "training data has no entity, and no label was added. Check the data with "
        "`spacy moee convert`, call `add_label`, or pass a labels file."
    ),
    # M1: the model and its settings
    "M101": (
        "'{name}' has no network yet (spaCy's E109). Call `nlp.initialize()` or load "
        "a trained pipeline first."
    ),
    "M102": (
        "These weights belong to another network: {problem}. The config and the "
        "saved model must come from the same training run."
    ),
    "M103": (
        "{argument} of {place} must be {expected}, and is {found}. Change it in "
        "the config."
    ),
    "M104": (
        "The token embeddings have {found} columns, but the network was built for "
        "{expected}. If the vectors of the vocabulary were replaced, load the ones "
        "that the pipeline was trained with."
    ),
    # M2: embeddings and vectors
    "M201": (
        "spacy_moee.StaticEmbed.v1 found no word vectors in the vocabulary ('{lang}')."
        " Build some with `python -m spacy moee vectors` and name them in the config: "
        "[initialize] vectors, or --paths.vectors on the command line."
    ),
    "M202": (
        "spacy_moee.StaticEmbed.v1 with trainable = true needs a plain vectors table "
        "with a row a word, and found {found}. Set trainable = false."
    ),
    "M203": (
        "The word vectors have {found} rows and columns, but this pipeline was trained "
        "with {expected}. Load the vectors that it was trained with."
    ),
    "M204": (
        "Can't count the batches of an epoch: there is no .spacy file at '{path}'. "
        "Convert the training data first (`python -m spacy moee convert`), or name it "
        "with --paths.train."
    ),
    "M205": (
        "The vectors '{source}' need the Python package '{package}', which is not "
        "installed: {problem}. Run `pip install {package} pyarrow`, or name a text "
        "file of vectors instead."
    ),
    "M206": (
        "'{source}' is neither a file of vectors nor one of the packages {known}. "
        "Name a text file in word2vec or GloVe format: a word and its numbers a line."
    ),
    "M207": (
        "'{source}' can't be read as word vectors: {problem}. Expected UTF-8 text in "
        "word2vec or GloVe format: a word and its numbers, the same count on every "
        "line. For fastText's .bin files, export the .vec file."
    ),
    "M241": (
        "spacy_moee.TransformerEmbed.v1 needs the package spacy-transformers, which "
        'can\'t be imported: {problem}. Run `pip install "spacy-moee[transformers]"`.'
    ),
    "M242": (
        "Can't load the encoder '{name}': {problem}. Expected the name of a model on "
        "the Hugging Face hub (which needs the network once), a folder that "
        "`save_pretrained` wrote, or an installed package that carries one."
    ),
    "M243": (
        "The encoder '{name}' comes with the slow tokenizer {found}, which does not say "
        "which word a wordpiece belongs to. Choose an encoder with a fast tokenizer (a "
        "tokenizer.json file)."
    ),
    # M3: corpora
    "M301": (
        "Can't find '{file}'. Expected a column file (one token a line), or a folder "
        "of column files."
    ),
    "M302": (
        "{file}, line {line}: found the byte {byte} at offset {offset} of the file, "
        "and expected UTF-8. Save the file as UTF-8, or convert it, for example with "
        "`iconv -f latin1 -t utf-8`."
    ),
    "M303": (
        "{file}, line {line}: found {found} columns in {text!r}, and expected "
        "{expected}, as on line {first}. Correct that row. If a token holds a space, "
        "separate the columns with tabs."
    ),
    "M304": (
        "{file}, line {line}: found no token in column {column} of {text!r}, and "
        "expected one that is not blank. Correct or delete that row, or choose the "
        "column with --token-column."
    ),
    "M305": (
        "{file}, line {line}: found {found} columns, and expected the token in column "
        "{token} and the tag in another one, column {tag}. Columns count from 0, or "
        "from -1 at the end. Set --token-column and --tag-column."
    ),
    "M306": (
        "{file}, line {line}: found the tag '{found}', and expected O, - (missing), or "
        "a prefix and a type, such as B-PER, with one of the prefixes B, I, E, S, L, "
        "U. Correct the tag, or choose the column of the tags with --tag-column."
    ),
    "M307": (
        "{file}, line {line}: found the tag '{found}', and {scheme} expects {expected} "
        "or O. Give the file's own scheme with --scheme, or leave it out to have the "
        "scheme detected."
    ),
    "M308": (
        "{file}, line {line}: found the tag '{found}' of BIOES, and '{other}' of BILOU "
        "on line {second}. Expected one scheme in a file. Split the file, or rewrite "
        "L- as E- and U- as S-."
    ),
    "M309": (
        "{file}: found no token, and expected at least one row of a token and a tag. "
        "Give another file, or take this one out of the folder."
    ),
    "M310": (
        "{file}: found no column file in this folder, and expected files that end in "
        "{endings}. Rename them, or convert them one by one."
    ),
    "M311": (
        "Can't read '{found}' in --types: {reason}. Expected OLD=NEW pairs, each OLD "
        "once, such as person=PER,place=LOC."
    ),
    "M312": (
        "Can't write to '{file}': {reason}. Give another output: a .spacy file for one "
        "input file, or a folder."
    ),
    "M313": (
        "Can't {verb} '{file}': {reason}. Check the path, its permissions and the free "
        "disk space."
    ),
    "M314": "The argument {argument} is '{found}', and must be one of {expected}.",
    # M4: reports
    "M401": (
        "'{file}' is no evaluation of entities: {problem}. Expected what `python -m "
        "spacy evaluate MODEL DATA --output FILE.json` writes."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW01": (
        "{count} gold entities cross the border of a segment (sentence), first "
        "'{text}'. They train nothing. Correct the sentence starts, or use "
        "spacy_moee.doc_segments.v1."
    ),
    "MW31": (
        "{count} transitions between tags are illegal in {scheme}, the first on line "
        "{line}. They were read the way conlleval reads them: an entity starts at B "
        "or S, and wherever its type changes."
    ),
    "MW32": (
        "--types renames {unused}, and the input holds {found}. Check the spelling."
    ),
}


class MoeeError(ValueError):
    """An error of this package: what was found, where, what to do.

    code (str): A key of `MESSAGES`, such as "M001"; it opens the message.
    **values: What the message names.
    """

    def __init__(self, code: str, **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(f"[{code}] {MESSAGES[code].format(**values)}")

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return _rebuild, (self.code, self.values)


def _rebuild(code: str, values: Dict[str, Any]) -> MoeeError:
    return MoeeError(code, **values)


def warn(code: str, **values: Any) -> None:
    """Emit the warning `code` of `WARNINGS`.

    code (str): A key of `WARNINGS`; it opens the message.
    **values: What the message names.
    """
    warnings.warn(f"[{code}] {WARNINGS[code].format(**values)}", stacklevel=3)
