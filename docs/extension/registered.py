"""The pages of the registered names, one for each group of entry points."""

import inspect
from importlib.metadata import EntryPoint
from typing import Any, Callable, Dict, List

import srsly
from spacy.language import Language
from thinc.api import Config

from .names import find_entry_points, make_label

# the title of each group's page, and its block of a config
PAGES = {
    "factories": ("Pipeline component", ""),
    "architectures": ("Architectures", "components.moee_ner.model"),
    "vectors": ("Vectors", "nlp.vectors"),
    "callbacks": ("Callbacks", "initialize"),
    "batchers": ("Batchers", "training.batcher"),
    "loggers": ("Loggers", "training.logger"),
    "optimizers": ("Optimizers", "training.optimizer"),
    "readers": ("Readers", "corpora.train"),
    "scorers": ("Scorers", "components.moee_ner.scorer"),
    "misc": ("Segments, memory and steps", "components.moee_ner.model.segments"),
    "displacy_colors": ("Colours of displaCy", ""),
}
# what `MoEENer.alternatives` returns, from the outside in
ALTERNATIVES = [
    *("Alternatives", "SentenceReadings", "Reading"),
    *("EntityCandidates", "Candidate"),
]
COLUMNS = """\
| type | colour | |
| --- | --- | --- |
"""


def make_pages() -> Dict[str, str]:
    """Describe every registered name but the command line, which has its own page.

    RETURNS (Dict[str, str]): The pages, by the names of their files.
    """
    pages = {
        f"{kind}.md": make_page(kind, points)
        for kind, points in find_entry_points().items()
        if kind != "cli"
    }
    return {**pages, "index.md": make_index(list(pages))}


def make_index(files: List[str]) -> str:
    """The first page of the reference.

    files (List[str]): The pages of the groups.
    RETURNS (str): A page of Markdown.
    """
    rows, toc = [], [f for f in (f"{kind}.md" for kind in PAGES) if f in files]
    points = find_entry_points()
    for file in toc:
        kind = file.removesuffix(".md")
        for point in points[kind]:
            link = f"[`{point.name}`]({file}#{make_label(point.name)})"
            rows.append(f"| {link} | {PAGES[kind][0]} |")
    lines = [
        "# Reference",
        "",
        "Every name that the package registers with spaCy, the commands, and all",
        "messages. The text is that of the docstrings.",
        "",
        "| name | kind |",
        "| --- | --- |",
        *rows,
        "",
        "```{toctree}",
        ":hidden:",
        "",
        *toc,
        "commands.md",
        "messages.md",
        "```",
    ]
    return "\n".join(lines) + "\n"


def make_page(kind: str, points: List[EntryPoint]) -> str:
    """Describe the names of one group.

    kind (str): The group, such as architectures.
    points (List[EntryPoint]): Its entry points.
    RETURNS (str): A page of Markdown.
    """
    title, block = PAGES[kind]
    parts = [f"# {title}\n"]
    for point in points:
        parts.append(f"({make_label(point.name)})=\n## {point.name}\n")
        value = point.load()
        if kind == "factories":
            parts.append(_describe_component(point))
        elif callable(value):
            parts.append(make_config(kind, block, point.name, value))
            parts.append(_autodoc("autofunction", point))
        else:
            parts.append(_show_colors(value))
    return "\n".join(parts)


def make_config(kind: str, block: str, name: str, function: Callable) -> str:
    """Show a block of a config that names a registered function.

    kind (str): The group, such as architectures.
    block (str): The block's name.
    name (str): The registered name.
    function (Callable): The function: its signature has the defaults.
    RETURNS (str): A code block of Markdown.
    """
    if kind == "callbacks":
        block = f"{block}.{_find_slot(function)}"
    elif kind == "architectures" and "Tagger" not in name:
        block = f"{block}.tok2vec"
    elif kind == "misc" and "memory" in name:
        block = "components.moee_ner.model.memory"
    elif kind == "misc" and "segments" not in name:
        # a number, such as this one
        block = "training.eval_frequency"
    lines, blocks = [f"[{block}]", f'@{kind} = "{name}"'], []
    for argument in inspect.signature(function).parameters.values():
        default = argument.default
        if default is argument.empty:
            hint = str(argument.annotation)
            kinds = ("Model", "Callable", "Batcher", "Dict")
            is_block = any(kind in hint for kind in kinds)
            if is_block:
                blocks += ["", f"[{block}.{argument.name}]", "# another block"]
            else:
                lines.append(f"# {argument.name}: required")
        elif isinstance(default, dict):
            blocks += ["", f"[{block}.{argument.name}]"]
            blocks += [f"{k} = {srsly.json_dumps(v)}" for k, v in default.items()]
        else:
            default = list(default) if isinstance(default, tuple) else default
            lines.append(f"{argument.name} = {srsly.json_dumps(default)}")
    return "\n".join(["```ini", *lines, *blocks, "```", ""])


def _find_slot(function: Callable) -> str:
    """Where a callback stands: its docstring says so."""
    doc = function.__doc__ or ""
    slots = ("before_init", "after_init")
    return next(slot for slot in slots if f"initialize.{slot}" in doc)


def _show_settings(name: str) -> List[str]:
    """The settings of the component, with their defaults."""
    defaults: Any = Language.get_factory_meta(name).default_config
    plain = {k: v for k, v in defaults.items() if not isinstance(v, dict)}
    return Config({"x": plain}).to_str().splitlines()[1:]


def _describe_component(point: EntryPoint) -> str:
    from spacy_moee.models.tagger import DEFAULT_MODEL_CONFIG

    config = DEFAULT_MODEL_CONFIG.strip().replace(
        "[model", "[components.moee_ner.model"
    )
    lines = [
        f'The component is added with `nlp.add_pipe("{point.name}")`. Its default',
        "config:",
        "",
        "```ini",
        "[components.moee_ner]",
        f'factory = "{point.name}"',
        *_show_settings(point.name),
        "",
        config,
        "",
        "[components.moee_ner.scorer]",
        '@scorers = "spacy_moee.moee_ner_scorer.v1"',
        "```",
        "",
        _autodoc("autofunction", point),
        "## MoEENer\n",
        "```{eval-rst}",
        ".. autoclass:: spacy_moee.component.MoEENer",
        "   :members:",
        "```",
        "",
        "## Alternatives\n",
        "What `MoEENer.alternatives` returns; they are in `spacy_moee.alternatives`.\n",
        "```{eval-rst}",
        *(f".. autoclass:: spacy_moee.alternatives.{name}" for name in ALTERNATIVES),
        "```",
        "",
    ]
    return "\n".join(lines)


def _autodoc(directive: str, point: EntryPoint) -> str:
    target = f"{point.module}.{point.attr}"
    return "\n".join(["```{eval-rst}", f".. {directive}:: {target}", "```", ""])


def _show_colors(colors: Any) -> str:
    swatch = '<span class="swatch" style="background: {}"></span>'
    rows = [f"| {k} | `{v}` | {swatch.format(v)} |\n" for k, v in colors.items()]
    text = "The colours of entity types in displaCy. spaCy takes them by itself.\n\n"
    return text + COLUMNS + "".join(rows)
