"""Messages about embeddings and vectors (M2)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M201": (
        "{place} found no word vectors in the vocabulary ('{lang}'). "
        "Build vectors with `python -m spacy moee vectors` and name them in the "
        "config: [initialize] vectors, or --paths.vectors on the command line."
    ),
    "M203": (
        "The word vectors have {found} dimensions, but this pipeline was trained with "
        "{expected}. Load the vectors that it was trained with. A pipeline that got "
        "the component from another one, with add_pipe(..., source=source), needs its "
        "vectors: `nlp.vocab.vectors = source.vocab.vectors`. For fastText vectors, "
        "make it with the same block: `spacy.blank(..., config={{'nlp': {{'vectors': "
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
        "'{source}' is neither a file of vectors nor one of the packages {known}. Name "
        "a text file in word2vec or GloVe format: a word and its numbers per line."
    ),
    "M207": (
        "'{source}' can't be read as word vectors: {problem}. Expected UTF-8 text in "
        "word2vec or GloVe format: a word and its numbers, the same count on every "
        "line. Correct that line, or download or copy the file again."
    ),
    "M210": "Can't open the fastText .bin file '{path}': {problem}. Check the path.",
    "M211": (
        "'{path}' is not a fastText model: found {found}. Expected a .bin file that "
        "fastText saved; unpack a .gz file first. Convert a text file (.vec) to a "
        "table with `python -m spacy moee vectors`."
    ),
    "M212": (
        "'{path}' has version {found} of fastText's format; expected one of "
        "{expected}. Save the model again with a release that writes one of these."
    ),
    "M213": (
        "'{path}' holds {found}; expected a dense model. Use the .bin file from which "
        "it was made, instead of the .ftz file."
    ),
    "M214": (
        "'{path}' is damaged or was only copied in part: {what} is {found}; expected "
        "{expected}. Download or copy the file again."
    ),
    "M215": (
        "Can't write '{path}' in half precision: row {row} holds {value}; expected at "
        "most {expected}. Train the vectors again, with a lower learning rate."
    ),
    "M216": (
        "Can't write the vectors to '{file}': {reason}. Check the path, its "
        "permissions and the free disk space."
    ),
    "M220": (
        "Can't find the fastText vectors that {place} needs: there is no file at "
        "{tried}. Expected {expected}. Put it back, or give its path: in a config with "
        "[nlp.vectors] path, for a saved pipeline with `spacy.load(..., "
        "config={{'nlp.vectors.path': ...}})`. With `embed = true` a pipeline has its "
        "own copy."
    ),
    "M221": (
        "The fastText vectors of {place} are not those that it was saved with: "
        "{found}; expected the fingerprint {expected}. Other vectors would give wrong "
        "results without a warning. Restore the file, or name the right one with "
        "`spacy.load(..., config={{'nlp.vectors.path': ...}})`."
    ),
    "M222": (
        "{place} can't be read as a reference to fastText vectors: {problem}. Expected "
        "JSON with path, fingerprint, dim, lowercase and embedded. Copy the pipeline "
        "again, or save it again."
    ),
    "M223": (
        "[nlp.vectors] path is '{variable}', but spaCy does not interpolate variables "
        "in [nlp]. Write the path itself, or give it on the command line: "
        "--nlp.vectors.path."
    ),
    "M230": (
        "Training fastText vectors needs the package fasttext, which can't be imported:"
        ' {problem}. Run `pip install "spacy-moee[fasttext]"`.'
    ),
    "M231": (
        "Can't read '{file}': {problem}. Expected a .spacy file, a folder of .spacy "
        "files, or UTF-8 text with one sentence per line and spaces between the words."
    ),
    "M232": (
        "'{file}' has no word that occurs {expected} times or more, so there is "
        "nothing to learn. Lower --min-count, or give a larger corpus."
    ),
    "M233": (
        "fastText can't train on '{file}': {problem} All learning rates from {first} "
        "down to {last} failed. Give a lower --lr, fewer dimensions with --dim, or a "
        "larger corpus."
    ),
    "M234": (
        "'{config}' would not use the vectors: [nlp.vectors] {key} is {found}; "
        "expected {expected}. Name another config, such as "
        "configs/fasttext_frozen.cfg, or change the options."
    ),
    "M241": (
        "spacy_moee.TransformerEmbed.v1 needs the package spacy-transformers, which "
        'can\'t be imported: {problem}. Run `pip install "spacy-moee[transformers]"`.'
    ),
    "M242": (
        "Can't load the encoder '{name}': {problem}. Expected the name of a model on "
        "the Hugging Face hub (the first load needs internet access), a folder that "
        "`save_pretrained` wrote, or an installed package with an encoder."
    ),
    "M243": (
        "The encoder '{name}' has the slow tokenizer {found}, which does not show the "
        "word of each wordpiece. Choose an encoder with a fast tokenizer (a "
        "tokenizer.json file)."
    ),
    "M244": (
        "The encoder '{name}' is in the Python package '{package}', which is not "
        "installed: {problem}. Run `pip install {package}`, or name another encoder."
    ),
    "M245": (
        "{count:,} of the {total:,} vectors of {place} are not finite (NaN, infinite "
        "or too large for single precision), first {first}. Such a vector removes all "
        "entities of the docs that are read together with it. Download or copy the "
        "vectors again, or train them with a lower learning rate."
    ),
    "M246": (
        "The vector of '{word}' in {place} is not finite (NaN, infinite or too large "
        "for single precision), and those of {count} of {total} words in all. Such a "
        "vector removes all entities of the docs that are read together with it. "
        "Download or copy the vectors again, or train them with a lower learning rate."
    ),
    "M247": (
        "'{source}' is not a text file of word vectors: found {found}. Expected a word "
        "and its numbers per line. {remedy}"
    ),
    "M248": (
        "'{path}' is damaged: {what} is {found}; expected at most {expected}. Download "
        "or copy the file again."
    ),
    "M249": (
        "'{path}' was truncated while it was in use: it has {found:,} bytes; it had "
        "{expected:,}. Restore the whole file and load the pipeline again. To replace "
        "a file that is in use, write the new one beside it and rename it."
    ),
    "M250": (
        "'{source}' has {found:,} word vectors, but {expected:,} according to its "
        "first line. Download or copy the file again; if it is complete, correct or "
        "remove its first line."
    ),
    "M251": (
        "spacy_moee.FrozenEmbed.v1 has a layer '{name}', whose vectors another "
        "component computes and may train; expected a layer that embeds the words of a "
        "doc itself. Use the listener without FrozenEmbed, and name its component in "
        "[training] frozen_components and annotating_components."
    ),
    "M260": (
        "The encoder that was saved with the pipeline can't be read: {problem}. "
        "Expected only what spacy_moee.TransformerEmbed.v1 saves: a known kind of "
        "encoder, its weights and its fast tokenizer. No code from it was run. Copy "
        "the pipeline again, or train it again; if you do not know who made it, delete "
        "it."
    ),
    "M261": (
        "The encoder '{name}' is of the kind '{found}', which could be trained but not "
        "loaded again. Expected an encoder of text. Choose another one, such as "
        "{expected}."
    ),
    "M262": (
        "The encoder '{name}' is not loaded: the layer was not initialized, or was "
        "saved before that. Call `nlp.initialize()`, or load a trained pipeline."
    ),
    "M265": (
        "The fastText vectors of {place} are damaged: '{path}' has the SHA-256 "
        "{found}; expected {expected}. Copy the file again."
    ),
    "M266": (
        "{place} was saved without the SHA-256 of the whole file '{path}', which "
        "[nlp.vectors] full_hash = true needs. Load it with "
        "config={{'nlp.vectors.full_hash': False}}; save it with full_hash = true to "
        "store the SHA-256."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW21": (
        "A word vector can't be set: fastText vectors come from '{path}', which is "
        "only read. To use your own vectors, build a table with `python -m spacy moee "
        "vectors`."
    ),
    "MW22": (
        "[nlp.vectors] path names '{other}', which does not have the fingerprint that "
        "{place} was saved with. '{path}' has it, and is used instead. Correct the "
        "path."
    ),
    "MW23": (
        "A word of {size:,} characters ('{word}...') is too long for fastText vectors: "
        "only its first {limit:,} characters are used."
    ),
    "MW24": (
        "Lines of '{source}' that are left out: {count:,}, the first is line {line:,}. "
        "Earlier lines have the same words. The first vector of a word is used. If the "
        "vectors differ, remove the wrong ones."
    ),
    "MW25": (
        "Lines of '{source}' that are left out: {count:,}, the first is line {line:,}. "
        "They have numbers but no word. Check whether their words were white space, "
        "which is not needed, or were lost."
    ),
}
