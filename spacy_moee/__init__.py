"""Zero-resource cross-domain named entity recognition for spaCy."""

from importlib.metadata import version

__version__ = version("spacy-moee")
