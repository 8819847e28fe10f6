"""Adds project.yml and the recipes to the wheel, for `spacy moee init`; all other
settings are in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
INSIDE = Path("spacy_moee", "project")


class BuildWithProject(build_py):
    """Copies them beside the modules. An editable installation finds them in the
    source."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._find_project().items():
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target))

    def get_outputs(self, include_bytecode: bool = True) -> list:
        project = [] if self.editable_mode else self._find_project().values()
        return [*super().get_outputs(include_bytecode), *map(str, project)]

    def _find_project(self) -> dict:
        files = [ROOT / "project.yml", *sorted((ROOT / "configs").rglob("*.*"))]
        folder = Path(self.build_lib) / INSIDE
        return {file: folder / file.relative_to(ROOT) for file in files}


setup(cmdclass={"build_py": BuildWithProject})
