"""The shape of the house: who may import whom, what loads when, and who may print."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import swae_text

PACKAGE = Path(swae_text.__file__).parent
LAYERS = (
    ("errors", "names", "atomic", "lock"),
    ("config",),
    ("corpora", "nn"),
    ("models",),
    ("generation",),
    ("latent", "metrics"),
    ("sealed", "weights"),
    ("folder", "vectors", "hub", "pretrained"),
    ("space",),
    ("bulk",),
    ("training",),
    ("referees",),
    ("evaluation",),
    ("explorer",),
    ("cli",),
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
FILES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"torch", "numpy", "pyarrow", "datasets", "pydantic", "sentencepiece", "nltk", "rich"}


def name(path: Path) -> str:
    """``corpora/sources.py`` → ``corpora.sources``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module == "swae_text":
                yield from (f"swae_text.{alias.name}" for alias in node.names)


FRONT_DOOR = {"__init__", "__main__"}  # it opens on every room
ROOMS = [path for path in FILES if name(path) not in FRONT_DOOR]


def importers(module: str) -> set[str]:
    """The files of the package that import a third-party module."""
    return {name(path) for path in FILES if module in {m.partition(".")[0] for m in imports(path)}}


def loaded_by(*arguments: str) -> set[str]:
    """Heavy modules that a fresh interpreter has loaded after running with some arguments."""
    run = "import runpy, sys; sys.argv = ['swae-text', *sys.argv[1:]]\n"
    run += "try: runpy.run_module('swae_text', run_name='__main__', alter_sys=False)\n"
    run += "except SystemExit: pass\n"
    code = run if arguments else "import sys, swae_text\n"
    code += "print('loaded', *sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return HEAVY & set(out.stdout.rpartition("loaded ")[2].split())


@pytest.mark.parametrize("path", ROOMS, ids=name)
def test_imports_run_one_way(path):
    part = name(path).partition(".")[0]
    for module in imports(path):
        root, _, rest = module.partition(".")
        below = rest.partition(".")[0]
        if root == "swae_text" and below in RANK and below != part:
            assert RANK[below] <= RANK[part], f"{name(path)} imports {module}"


def test_every_part_has_its_place():
    parts = {name(path).partition(".")[0] for path in FILES}
    assert parts - FRONT_DOOR == set(RANK)


def test_one_door_to_each_service():
    assert importers("lightning_fabric") == {"training.engine"}
    assert importers("datasets") == {"corpora.sources"}
    assert importers("huggingface_hub") == {"hub"}
    assert importers("matplotlib") == {"evaluation.plots.canvas"}
    assert {module.partition(".")[0] for module in importers("typer")} == {"cli"}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_command_line_prints(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    prints = any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)
    assert not prints or name(path).startswith("cli.")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_users_are_never_met_with_assert(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    assert not any(isinstance(node, ast.Assert) for node in nodes)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",)])
def test_the_front_door_opens_at_once(arguments):
    assert loaded_by(*arguments) == set()


def test_help_of_a_verb_needs_no_more_than_typer_does():
    assert loaded_by("train", "--help") <= {"pydantic"}


@pytest.mark.parametrize("module", ["config", "errors", "corpora.catalog", "corpora.cleaning"])
def test_settings_and_cleaning_need_no_torch(module):
    code = f"import sys, swae_text.{module}; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "False\n"


def test_public_names_exist_and_are_sorted():
    assert swae_text.__all__ == sorted(swae_text.__all__)
    for public in swae_text.__all__:
        assert getattr(swae_text, public) is not None
    with pytest.raises(AttributeError, match="nothing"):
        swae_text.nothing  # noqa: B018


def test_one_version():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    assert swae_text.__version__ == project["version"]
