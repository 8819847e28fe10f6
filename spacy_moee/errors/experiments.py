"""Messages about experiments (M5)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M501": (
        "Can't read the experiment '{file}': {problem}. Expected YAML as in "
        "configs/experiments/sample.yml."
    ),
    "M502": (
        "Experiment '{file}', key '{key}': found {found}. {expected}. "
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
    "M508": (
        "Stopped, since {failed} of the {total} runs failed in the same way before "
        "their first epoch, and so would the {untried} others: {reason}. Logs: {logs}. "
        "Mend it and give the command again."
    ),
    "M510": (
        "Can't write to '{file}': {reason}. Check the path, its permissions and the "
        "free disk space, and give the command again: finished runs are in '{folder}' "
        "and are kept."
    ),
    "M511": (
        "'{file}' would be replaced, and `spacy moee compare` has not written it. Name "
        "another output folder, or move the file."
    ),
    "M512": (
        "'{file}' can't be used: {problem}. Expected what `spacy moee compare` wrote; "
        "remove the file if it was changed by hand."
    ),
    "M513": (
        "Can't read '{file}', which runs of the experiment need: {problem}. Check its "
        "permissions."
    ),
    "M514": (
        "The code of this package changed while runs were under way: its hash was "
        "{expected} when the command started, and is {found}. Give the command again: "
        "what is not finished is run with the new code."
    ),
    "M515": (
        "Can't write the log of the training '{file}': {problem}. Check the path of "
        "[training.logger], its permissions and the free disk space."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW51": (
        "{table} and the files beside it stay, since they show what this command has "
        "not got: {lost}. Its own results are in {paths}. To have them replaced, "
        "remove {results}; for another experiment, name another output folder."
    ),
    "MW52": "'{file}' is damaged: {problem}. That run is done again.",
    "MW53": (
        "{count} lines of '{file}' are damaged. It is written anew from what the runs "
        "left, as soon as there are as many results."
    ),
    "MW54": (
        "{count} of {total} runs were finished with other code of this package, and "
        "are run anew. Stop with Ctrl-C and add --accept-old to keep them as they are."
    ),
}
