"""The package's own code, as part of what a result depends on."""

from pathlib import Path

from ...files import hash_of

PACKAGE = Path(__file__).resolve().parents[2]
# folders that no pipeline needs
AROUND = {"cli", "evaluation", "experiments", "insight"}


def code_hash() -> str:
    """Hash the code of the package that a pipeline's results depend on, which is not
    that of commands and reports. RETURNS (str): Twelve hexadecimal digits."""
    files = sorted(PACKAGE.rglob("*.py"))
    relevant = [x for x in files if x.relative_to(PACKAGE).parts[0] not in AROUND]
    return hash_of(*(file.read_bytes() for file in relevant))
