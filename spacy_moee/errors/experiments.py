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
        "Experiment '{file}' can't start, because files or packages are "
        "missing:{missing}\nPaths are relative to the current folder, {folder}: start "
        "the command in the project's folder. The workflow 'table1' of project.yml "
        "makes data and vectors."
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
        "Another `spacy moee compare` is running in '{folder}'. Wait for it, stop it, "
        "or name another output folder."
    ),
    "M507": (
        "'{path}' changed during the runs: its hash was {expected} when the command "
        "started, and is {found}. Start the command again: runs from before the change "
        "are kept, and the rest is run."
    ),
    "M508": (
        "Stopped, because {failed} of the {total} runs failed in the same way before "
        "their first epoch, and so would the other {untried}: {reason}. Logs: {logs}. "
        "Correct this and start the command again."
    ),
    "M510": (
        "Can't write to '{file}': {reason}. Check the path, its permissions and the "
        "free disk space, and start the command again: finished runs are in '{folder}' "
        "and are kept."
    ),
    "M511": (
        "'{file}' would be replaced, but `spacy moee compare` did not write it. Name "
        "another output folder, or move the file."
    ),
    "M512": (
        "'{file}' can't be used: {problem}. Expected a file that `spacy moee compare` "
        "wrote; remove it if it was changed by hand."
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
    "M516": (
        "'{file}', line {line}: found {found}; expected {expected}. To count as NCRF++ "
        "does, 'ncrfpp' of a target names the column file that its corpus was "
        "converted from, with the same types. Name that file, or convert it again."
    ),
    "M517": (
        "'{file}': found {found}; expected a column file in BIOES with a tag for each "
        "token, which is what NCRF++ counts. Name another file as the 'ncrfpp' of the "
        "target, or omit it."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW51": (
        "{table} and the files beside it stay, because they show results that this "
        "command does not have: {lost}. Its own results are in {paths}. To replace the "
        "old ones, remove {results}; for another experiment, name another output "
        "folder."
    ),
    "MW52": "'{file}' is damaged: {problem}. That run is repeated.",
    "MW53": (
        "{count} lines of '{file}' are damaged. It is written again from the files of "
        "the runs, as soon as there are as many results."
    ),
    "MW54": (
        "{count} of {total} runs were finished with other code of this package, and "
        "are run anew. Stop with Ctrl-C and add --accept-old to keep them as they are."
    ),
}
