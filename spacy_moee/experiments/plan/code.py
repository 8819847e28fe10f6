"""The package's own code, as part of what a result depends on."""

import ast
from functools import lru_cache
from pathlib import Path
from typing import Tuple

from ...files import hash_of

PACKAGE = Path(__file__).resolve().parents[2]
# folders that no training needs
AROUND = {"cli", "corpora", "errors", "evaluation", "experiments", "insight"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_hash() -> str:
    """Hash the code of the package that a trained pipeline depends on, which is not
    that of commands and reports. Comments, docstrings and layout are left out.

    RETURNS (str): Twelve hexadecimal digits.
    """
    names = (file.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py"))
    files = [PACKAGE / name for name in sorted(names) if name.parts[0] not in AROUND]
    return _hash(PACKAGE, tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=1)
def _hash(package: Path, files: Tuple[Tuple[Path, int], ...]) -> str:
    """Takes half a second, so that it is done again only after something is written."""
    parts = []
    for file, _ in files:
        tree = ast.parse(file.read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, DOCUMENTED):
                has_docstring = ast.get_docstring(node) is not None
                body = node.body[1:] if has_docstring else node.body
                node.body = [x for x in body if not isinstance(x, ast.Pass)]
        # not `ast.dump`, which another version of Python writes otherwise
        parts += [file.relative_to(package).as_posix(), ast.unparse(tree)]
    return hash_of(*parts)
