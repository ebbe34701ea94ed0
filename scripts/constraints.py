"""Print the exact versions that the project was tested with, for requirements/constraints.txt.

Walks the dependencies of pyproject.toml (all extras) through the packages installed beside this
interpreter. Local tags (``+cpu``) are left off: which build of torch is used is the index's choice.
"""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

HEADER = """\
# Versions that the project was tested with. Made by `make constraints`:
#     .venv/bin/python scripts/constraints.py > requirements/constraints.txt
# Used as `pip install -c requirements/constraints.txt -e .[dev]`."""


def main() -> None:
    """Print the closure, sorted by name."""
    found: dict[str, str] = {}
    for requirement in declared():
        collect(Requirement(requirement), found)
    print(HEADER)
    for name in sorted(found):
        print(f"{name}=={found[name]}")


def declared() -> list[str]:
    """What pyproject.toml asks for: required, build and optional."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    optional = project["project"]["optional-dependencies"].values()
    groups = [project["build-system"]["requires"], project["project"]["dependencies"], *optional]
    return [line for group in groups for line in group if not line.startswith("swae-text")]


def collect(requirement: Requirement, found: dict[str, str]) -> None:
    """Add a requirement and everything below it to ``found`` (name → version)."""
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return  # for another platform
    fresh = name not in found
    found[name] = package.version.partition("+")[0]
    extras = sorted(requirement.extras) or [""]
    if not fresh and extras == [""]:
        return
    for text in package.requires or []:
        below = Requirement(text)
        if below.marker is None or any(below.marker.evaluate({"extra": e}) for e in extras):
            collect(below, found)


if __name__ == "__main__":
    main()
