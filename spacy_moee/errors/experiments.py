"""Messages about experiments (M5)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M501": (
        "Can't read the experiment '{file}': {problem}. Expected YAML as in "
        "configs/experiments/sample.yml."
    ),
    "M502": (
        "Experiment '{file}', key '{key}': found {found}, expected {expected}. "
        "Change it in the file; configs/experiments/sample.yml has every key."
    ),
    "M503": (
        "Experiment '{file}' can't start, because something is missing:{missing}\n"
        "Paths are relative to the current folder, {folder}: start the command in the "
        "project's folder. The workflow 'table1' of project.yml makes data and vectors."
    ),
    "M504": (
        "Experiment '{file}': the config of '{system}' with '{embeddings}' is not "
        "valid: {problem}. Check its overrides."
    ),
    "M505": (
        "The report needs the package '{package}', which is not installed. Expected "
        '`pip install "spacy-moee[insight]"` before the first run.'
    ),
    "M506": (
        "Another `spacy moee compare` is working in '{folder}'. Wait for it, stop it, "
        "or name another output folder."
    ),
    "M507": (
        "'{path}' changed while its runs were under way: its hash was {expected} when "
        "the command started, and is {found}. Give the command again: what was read "
        "before the change is kept, and the rest is run."
    ),
}

WARNINGS: Dict[str, str] = {}
