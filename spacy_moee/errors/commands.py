"""Messages about commands (M7)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M700: devices
    "M701": (
        "--gpu-id {gpu_id}: spaCy computes on a GPU with CuPy, which can't be imported."
        ' Install the package of your CUDA, `pip install "spacy-moee[cuda12x]"` '
        "(or cuda11x, cuda13x), or omit --gpu-id to use the CPU."
    ),
    "M702": (
        "--gpu-id {gpu_id}: there is no such GPU (found {found}; they count from 0). "
        "Check the driver (`nvidia-smi`) and CUDA_VISIBLE_DEVICES, or omit --gpu-id "
        "to use the CPU."
    ),
    "M703": (
        "--gpu-id {gpu_id}: PyTorch {version} sees no GPU, although CuPy does. Install "
        "PyTorch for your CUDA (see pytorch.org), or omit --gpu-id to use the CPU."
    ),
    # M704 to M709: pipelines and where they go
    "M704": (
        "Can't load the pipeline '{model}': {problem}. Expected the folder of a "
        "trained pipeline, such as training/model-best, or the name of an installed "
        "package."
    ),
    "M705": (
        "Can't write to '{output}': {reason}. Give the path of a folder that is not "
        "there yet, or that holds a pipeline to be replaced, other than MODEL's own."
    ),
    "M706": (
        "'{path}': found {found}, and expected a .spacy file, or a folder of some. "
        "Column files become .spacy files with `python -m spacy moee convert`."
    ),
    "M707": (
        "'{folder}' holds no test set: found {found}, and expected a .spacy file that "
        "is not called train or dev. To evaluate on one of those, name it itself."
    ),
    "M708": (
        "'{file}' holds no docs, and expected is at least one. Convert it again, or "
        "leave it out."
    ),
    "M709": (
        "The pipeline '{model}' has no component that finds entities: it has {found}. "
        "Name another one, such as training/model-best."
    ),
    # M710: texts and corpora
    "M710": (
        "'{file}': found {found}, and expected a file that ends in one of {expected}, "
        "or a folder of such files. Column files become .spacy files with `python -m "
        "spacy moee convert`."
    ),
    "M711": (
        "Can't read '{file}': {problem}. Expected a whole .spacy file, UTF-8 text, or "
        'a .jsonl file of objects with a "text".'
    ),
    "M712": (
        "Nothing says which vectors to keep. Name texts that the pipeline is to know "
        "the words of, or the number of rows to keep with --rows."
    ),
    "M713": (
        "The vectors of '{model}' are fastText's, and have a setting for this: save the"
        " pipeline again after `spacy.load('{model}', config={{'nlp.vectors.embed': "
        "True, 'nlp.vectors.prune': True}})`."
    ),
    "M714": (
        "'{model}' has {found}, and expected is a table of word vectors, as `python -m "
        "spacy moee vectors` makes it. There is nothing to leave out: use the pipeline "
        "as it is."
    ),
    "M715": (
        "None of the {words} distinct words of the texts has a vector in '{model}'. "
        "Name texts in the language of the vectors, or keep the first rows with --rows."
    ),
    # M716 to M719: training data
    "M716": (
        "Can't read the corpus '{corpus}' of '{config}': {problem}. Convert the data "
        "first (`python -m spacy moee convert`), or name it with --paths.train and "
        "--paths.dev."
    ),
    "M717": (
        "Can't make the pipeline of '{config}': {problem}. Training would stop here, "
        "too: correct the config, or override the value on the command line."
    ),
    # M720: training that goes on from a trained pipeline
    "M720": (
        "'{name}' of the pipeline '{source}' shares the embeddings of another component"
        " ('{upstream}'; a star stands for any), and the config has none. Name that "
        "component in [nlp] pipeline and give it a block [components.NAME] with source "
        '= ${{paths.source}}, or write replace_listeners = ["model.tok2vec"] into '
        "[components.{name}]: the component then gets a copy of its own."
    ),
    # M721: evaluation
    "M721": (
        "'{file}': spaCy's scorer and conlleval's rule disagree about {what}: found "
        "{found} (precision / recall / F1) of the scorer, and expected {expected}. One "
        "of the two is wrong, so that no score is shown. If a component has a scorer "
        "of its own, correct that; else please report it, with the file."
    ),
    "M722": (
        "--parts shows what a moee_ner does inside, and the pipeline '{model}' has "
        "{found}. Omit --parts, or name a pipeline with a moee_ner."
    ),
    # M731 to M734: a new project
    "M731": "There is no recipe '{found}'. Expected one of {expected}.",
    "M732": (
        "'{found}' can't name a corpus: expected the name of a folder, without a path, "
        "such as 'mine'."
    ),
    "M733": (
        "'{folder}' has a file '{path}', and nothing that is there is overwritten. "
        "Name another folder, or move that file away."
    ),
    "M734": (
        "Can't write '{file}': {reason}. Check the path, its permissions and the free "
        "disk space."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW71": (
        "{name} ({file}) is annotated in part: {annotated:,} of {tokens:,} tokens. It "
        "is scored on these alone; what is found elsewhere is neither right nor wrong."
    ),
    "MW72": (
        "{name} ({file}) is annotated, and has no entity: its scores only show whether "
        "anything was found. If nobody has annotated it, convert it without tags; it "
        "is then tagged."
    ),
    "MW73": (
        "No word but those of the texts has a vector now, so that less is found in "
        "other texts. --rows 20000 would keep the most frequent words, too."
    ),
}
