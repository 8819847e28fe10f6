"""Print one of the README's two commands, so that CI runs the same as users."""

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def main(name: str) -> None:
    """Print the shell block that follows the comment `<!-- command: name -->`."""
    pattern = rf"<!-- command: {name} -->\s*```bash\n(.*?)```"
    found = re.search(pattern, README.read_text(encoding="utf8"), re.DOTALL)
    if found is None:
        sys.exit(f"README.md has no command '{name}'")
    print(found[1].strip())


if __name__ == "__main__":
    main(*sys.argv[1:])
