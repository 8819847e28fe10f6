"""Sphinx: `python -m sphinx -W -n --keep-going -b html docs docs/_build`."""

import sys
from importlib.metadata import version as find_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "spacy-moee"
author = "The spacy-moee authors"
copyright = "the spacy-moee authors (MIT)"
release = version = find_version("spacy-moee")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "docs.extension",
]
exclude_patterns = ["_build"]
nitpicky = True
# `--option` in a sentence is not a dash
smartquotes = False
# docstrings write names as Markdown does: `name`
default_role = "code"

autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 72

myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"spacy-moee {release}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
