"""Messages about commands (M7)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M700: devices
    "M701": (
        "--gpu-id {gpu_id}: spaCy computes on a GPU with CuPy, which can't be "
        "imported. Install the package for your CUDA, `pip install "
        '"spacy-moee[cuda12x]"` (or cuda11x, cuda13x), or omit --gpu-id to use the CPU.'
    ),
    "M702": (
        "--gpu-id {gpu_id}: there is no such GPU (found {found}; numbers start at 0). "
        "Check the driver (`nvidia-smi`) and CUDA_VISIBLE_DEVICES, or omit --gpu-id to "
        "use the CPU."
    ),
    "M703": (
        "--gpu-id {gpu_id}: PyTorch {version} sees no GPU, although CuPy does. Install "
        "PyTorch for your CUDA (see pytorch.org), or omit --gpu-id to use the CPU."
    ),
    # M704 to M709: pipelines and files to evaluate on
    "M704": (
        "Can't load the pipeline '{model}': {problem}. Expected the folder of a "
        "trained pipeline, such as training/model-best, or the name of an installed "
        "package."
    ),
    "M705": (
        "Can't write to '{output}': {reason}. Give a new folder, or one with a "
        "pipeline to replace, but not MODEL's own."
    ),
    "M706": (
        "'{path}': found {found}; expected a .spacy file or a folder of .spacy files. "
        "Convert column files with `python -m spacy moee convert`."
    ),
    "M707": (
        "'{folder}' has no test set: found {found}; expected a .spacy file that is not "
        "called train or dev. To evaluate on one of those, name the file itself."
    ),
    "M708": (
        "'{file}' has no docs; expected at least one. Convert it again, or omit it."
    ),
    "M709": (
        "The pipeline '{model}' has no component that finds entities: it has {found}. "
        "Name another pipeline, such as training/model-best."
    ),
    # M710: texts and corpora
    "M710": (
        "'{file}': found {found}; expected a file that ends in one of {expected}, or a "
        "folder of such files. Convert column files with `python -m spacy moee "
        "convert`."
    ),
    "M711": (
        "Can't read '{file}': {problem}. Expected a whole .spacy file, UTF-8 text, or "
        'a .jsonl file of objects with a "text".'
    ),
    "M712": (
        "No vectors are chosen to be kept. Name texts whose words the pipeline should "
        "know, or give the number of rows to keep with --rows."
    ),
    "M713": (
        "The vectors of '{model}' are fastText's, which have a setting for this: save "
        "the pipeline again after `spacy.load('{model}', config={{'nlp.vectors.embed': "
        "True, 'nlp.vectors.prune': True}})`."
    ),
    "M714": (
        "'{model}' has {found}; expected a table of word vectors, as `python -m spacy "
        "moee vectors` makes it. There is nothing to prune: use the pipeline as it is."
    ),
    "M715": (
        "None of the {words} distinct words of the texts has a vector in '{model}'. "
        "Name texts in the language of the vectors, or keep the first rows with --rows."
    ),
    # M716 and M717: training data; M718: the domain of test data
    "M716": (
        "Can't read the corpus '{corpus}' of '{config}': {problem}. Convert the data "
        "first (`python -m spacy moee convert`), or name it with --paths.train and "
        "--paths.dev."
    ),
    "M717": (
        "Can't build the pipeline of '{config}': {problem}. Training would fail in the "
        "same way: correct the config, or override the value on the command line."
    ),
    "M718": (
        "--source-domain '{place}': none of the files to evaluate on is there; found "
        "{found}. Name one of them, or a folder that one lies in."
    ),
    # M719: units of test data
    "M719": (
        "'{file}' can't be read by sentences: doc {number}, with {n_tokens:,} tokens, "
        "has no sentence starts. Convert it with them (column files have them, and "
        "spaCy's 'sentencizer' finds some), or read it as it is."
    ),
    # M720: training that starts from a trained pipeline
    "M720": (
        "'{name}' of the pipeline '{source}' shares the embeddings of another "
        "component ('{upstream}'; * stands for any), which the config does not have. "
        "Add that component to [nlp] pipeline, with a block [components.NAME] with "
        'source = ${{paths.source}}, or write replace_listeners = ["model.tok2vec"] in '
        "[components.{name}]: the component then gets its own copy."
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
        "'{found}' can't be the name of a corpus: expected the name of a folder, "
        "without a path, such as 'mine'."
    ),
    "M733": (
        "'{folder}' already has a file '{path}', and files are not overwritten. Name "
        "another folder, or move that file."
    ),
    "M734": (
        "Can't write '{file}': {reason}. Check the path, its permissions and the free "
        "disk space."
    ),
    # M735: the component; M736 to M738: calibration
    "M735": (
        "Can't choose the component of '{model}': found {found}; expected {wanted}. "
        "Name one of its moee_ner with --component."
    ),
    "M736": (
        "'{file}' is too small to calibrate on: {found}; expected {expected} or more. "
        "Name annotated text of the domain that the pipeline was trained for, such as "
        "the development set."
    ),
    "M737": (
        "The texts of --text are too few to say how sure the pipeline is of them: it "
        "finds {found}; expected {expected} or more. Give more text, or --unseen."
    ),
    "M738": (
        "--text and --unseen exclude each other: with texts of the domain, it is not "
        "unseen. Omit one of the two."
    ),
    # M760 to M769: a server
    "M760": (
        "The web server needs the package '{package}', which is not installed. Run "
        '`pip install "spacy-moee[web]"`.'
    ),
    "M761": (
        "Can't listen at {host}, port {port}: {reason}. Choose another port with "
        "--port, 0 for any that is free, or another address with --host."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW71": (
        "{name} ({file}) is annotated in part: {annotated:,} of {tokens:,} tokens. "
        "Only these are scored; entities found elsewhere are neither right nor wrong."
    ),
    "MW72": (
        "{name} ({file}) is annotated, but has no entity: its scores only show whether "
        "anything was found. If nobody has annotated it, convert it without tags; it "
        "is then tagged and not scored."
    ),
    "MW73": (
        "Only the words of the texts have a vector now, so fewer entities are found in "
        "other texts. --rows 20000 would keep the most frequent words, too."
    ),
    "MW76": (
        "Every machine that reaches {host} can send texts to this server, which asks "
        "for no password and does not encrypt. Leave out --host to answer this machine "
        "alone, or put a server that does both before it."
    ),
}
