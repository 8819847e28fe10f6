"""Messages about embeddings and vectors (M2)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M201": (
        "spacy_moee.StaticEmbed.v1 found no word vectors in the vocabulary ('{lang}')."
        " Build some with `python -m spacy moee vectors` and name them in the config: "
        "[initialize] vectors, or --paths.vectors on the command line."
    ),
    "M203": (
        "The word vectors have {found} dimensions, but this pipeline was trained with "
        "{expected}. Load the vectors that it was trained with. A pipeline that took "
        "the component over, with add_pipe(..., source=source), takes its vectors: "
        "`nlp.vocab.vectors = source.vocab.vectors`. For fastText's, make it with the "
        "same block: `spacy.blank(..., config={{'nlp': {{'vectors': "
        "source.config['nlp']['vectors']}}}})`."
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
        "line. Correct that line, or download or copy the file again."
    ),
    "M210": "Can't open the fastText .bin file '{path}': {problem}. Check the path.",
    "M211": (
        "'{path}' is no fastText model: found {found}. Expected a .bin file as "
        "fastText saves it, unpacked if it came as .gz. A text file (.vec) becomes a "
        "table with `python -m spacy moee vectors`."
    ),
    "M212": (
        "'{path}' has version {found} of fastText's format, and expected is one of "
        "{expected}. Save the model again with a release that writes one of them."
    ),
    "M213": (
        "'{path}' holds {found}, and expected is a dense model. Use the .bin file that "
        "it was made from, instead of the .ftz file."
    ),
    "M214": (
        "'{path}' is damaged or was only copied in part: {what} is {found}, and should "
        "be {expected}. Download or copy the file again."
    ),
    "M215": (
        "Can't write '{path}' in half precision: row {row} holds {value}; expected is "
        "at most {expected}. Train the vectors again, with a lower learning rate."
    ),
    "M216": (
        "Can't write the vectors to '{file}': {reason}. Check the path, its "
        "permissions and the free disk space."
    ),
    "M220": (
        "Can't find the fastText vectors that {place} needs: there is no file at "
        "{tried}. Expected {expected}. Put it back, or say where it is: in a config "
        "with [nlp.vectors] path, for a saved pipeline with `spacy.load(..., config="
        "{{'nlp.vectors.path': ...}})`. With `embed = true` it would carry a copy."
    ),
    "M221": (
        "The fastText vectors of {place} are not those that it was saved with: "
        "{found}; expected the fingerprint {expected}. With other vectors it would "
        "give wrong results without a sign. Restore the file, or name the right one "
        "with `spacy.load(..., config={{'nlp.vectors.path': ...}})`."
    ),
    "M222": (
        "{place} can't be read as a reference to fastText vectors: {problem}. Expected "
        "JSON with path, fingerprint, dim, lowercase and embedded. Copy the pipeline "
        "again, or save it again."
    ),
    "M223": (
        "[nlp.vectors] path is '{variable}', and spaCy fills in no variables in [nlp]. "
        "Write the path itself, or give it on the command line: --nlp.vectors.path."
    ),
    "M230": (
        "Training fastText vectors needs the package fasttext, which can't be imported:"
        ' {problem}. Run `pip install "spacy-moee[fasttext]"`.'
    ),
    "M231": (
        "Can't read '{file}': {problem}. Expected a .spacy file, a folder of .spacy "
        "files, or UTF-8 text with one sentence a line and spaces between the words."
    ),
    "M232": (
        "'{file}' has no word that occurs {expected} times or more, so that there is "
        "nothing to learn from. Lower --min-count, or give a larger corpus."
    ),
    "M233": (
        "fastText could not train on '{file}': {problem} It was tried with learning "
        "rates from {first} down to {last}. Give a lower --lr, fewer dimensions with "
        "--dim, or a larger corpus."
    ),
    "M234": (
        "'{config}' would not use the vectors: [nlp.vectors] {key} is {found}, and "
        "expected is {expected}. Name another config, such as "
        "configs/fasttext_frozen.cfg, or change the options."
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
        "The encoder '{name}' comes with the slow tokenizer {found}, which does not "
        "say which word a wordpiece belongs to. Choose an encoder with a fast "
        "tokenizer (a tokenizer.json file)."
    ),
    "M244": (
        "The encoder '{name}' comes with the Python package '{package}', which is not "
        "installed: {problem}. Run `pip install {package}`, or name another encoder."
    ),
    "M245": (
        "{count:,} of the {total:,} vectors of {place} are not finite (NaN, infinite "
        "or too large for single precision), first {first}. One of them would take the "
        "entities of all that is read with it. Download or copy the vectors again, or "
        "train them with a lower learning rate."
    ),
    "M246": (
        "The vector of '{word}' in {place} is not finite (NaN, infinite or too large "
        "for single precision), and those of {count} of {total} words in all. It "
        "would take the entities of all that is read with it. Download or copy the "
        "vectors again, or train them with a lower learning rate."
    ),
    "M247": (
        "'{source}' is no text file of word vectors: found {found}. Expected is a word "
        "and its numbers a line. {remedy}"
    ),
    "M248": (
        "'{path}' is damaged: {what} is {found}; expected is at most {expected}. "
        "Download or copy the file again."
    ),
    "M249": (
        "'{path}' was cut while it was in use: it has {found:,} bytes now, and had "
        "{expected:,}. Put the whole file back and load the pipeline again. To replace "
        "a file that is in use, write the new one beside it and rename it."
    ),
    "M250": (
        "'{source}' holds {found:,} word vectors, and its first line promises "
        "{expected:,}. Download or copy the file again; if it is whole, correct its "
        "first line, or remove it."
    ),
    "M251": (
        "spacy_moee.FrozenEmbed.v1 was given a layer '{name}', whose vectors another "
        "component computes and may go on learning; expected is a layer that embeds "
        "the words of a doc by itself. Put the listener in its place, and name its "
        "component in [training] frozen_components and annotating_components."
    ),
    "M260": (
        "The encoder that was saved with the pipeline can't be read: {problem}. "
        "Expected is what spacy_moee.TransformerEmbed.v1 saves: a known kind of "
        "encoder, its weights and its fast tokenizer, and nothing else. Nothing of it "
        "was run. Copy the pipeline again, or train it anew; if you do not know who "
        "made it, delete it."
    ),
    "M261": (
        "The encoder '{name}' is of the kind '{found}', which could be trained but not "
        "loaded again. Expected is an encoder of text, such as {expected}."
    ),
    "M262": (
        "The encoder '{name}' is not there: the layer was not initialized, or saved "
        "before it was. Call `nlp.initialize()`, or load a trained pipeline."
    ),
    "M265": (
        "The fastText vectors of {place} are damaged: '{path}' has the SHA-256 "
        "{found}, and expected is {expected}. Copy the file again."
    ),
    "M266": (
        "{place} was saved without the SHA-256 of all of '{path}', so that "
        "[nlp.vectors] full_hash = true can't be checked. Load it with "
        "config={{'nlp.vectors.full_hash': False}}; what is saved by a pipeline with "
        "full_hash = true has one."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW21": (
        "A word vector was set, and it stays as it is: fastText vectors come from "
        "'{path}', which is only read. To use vectors of your own, build a table with "
        "`python -m spacy moee vectors`."
    ),
    "MW22": (
        "[nlp.vectors] path names '{other}', which has not the fingerprint that "
        "{place} was saved with. '{path}' has it, and is used."
    ),
    "MW23": (
        "A word of {size:,} characters ('{word}...') is longer than fastText vectors "
        "are made of: its first {limit:,} stand for it."
    ),
    "MW24": (
        "{count:,} lines of '{source}' are left out: their words were there before, "
        "the first on line {line:,}. The first vector of a word counts. Remove the "
        "others, if they are not the same."
    ),
    "MW25": (
        "{count:,} lines of '{source}' are left out: they have numbers and no word, "
        "the first on line {line:,}. Look whether their words were white space, which "
        "nobody needs, or are lost."
    ),
}
