"""The documentation runs: every block of code, page by page, and every link leads somewhere.

A page is run from its top in a folder of its own that has ``configs/``, ``data/`` and a trained
``runs/tiny``. By the language of a fenced block:

    bash      run; variables and the folder carry over to the next block
    python    run; names carry over to the next block
    json      lines of which the block before printed some of that shape: the same keys and types
    text      lines that the block before printed, in this order; … stands for anything
    yaml      settings that are read
    diff      applied to the folder
    none      a picture, or output that differs from machine to machine

A comment above a block changes that: ``<!-- not run: WHY -->``, ``<!-- file: PATH -->`` (written
there), ``<!-- needs: MODEL -->`` (run where that model is shipped). ``<!-- set up ... -->`` is bash
that readers do not see.
"""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main

from swae_text.cli.app import app
from swae_text.config import parse_config, read_yaml
from swae_text.pretrained import shipped

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
_PART = re.compile(
    r"^<!-- (?P<note>not run|file|needs): (?P<about>[^\n]+) -->$"
    r"|^<!-- set up\n(?P<hidden>.*?)^-->$"
    r"|^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int
    notes: dict[str, str]


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page that are run, checked or written."""
    notes: dict[str, str] = {}
    for part in _PART.finditer(page):
        line = page.count("\n", 0, part.start()) + 2
        if part["note"]:
            notes[part["note"]] = part["about"]
        elif part["hidden"]:
            yield Block("bash", part["hidden"], line, {})
        else:
            wanted = notes.get("needs")
            if "not run" not in notes and (wanted is None or wanted in shipped()):
                yield Block(part["language"], part["code"], line, notes)
            notes = {}


class Reader:
    """Somebody who follows a page to the letter."""

    def __init__(self, page: Path, folder: Path, environment: dict[str, str]) -> None:
        self.page, self.folder, self.printed = page, folder, ""
        self.environment = {**environment, "PWD": str(folder), "ROOT": str(ROOT)}
        self.names: dict[str, Any] = {"__name__": page.stem}

    def follow(self, block: Block) -> None:
        """Do what a block says; fail with its place."""
        if path := block.notes.get("file"):
            (self.here / path).write_text(block.code, encoding="utf-8")
        elif block.language:
            getattr(self, block.language)(block.code, f"{self.page.name}:{block.line}")

    @property
    def here(self) -> Path:
        """The folder that the shell stands in."""
        return Path(self.environment["PWD"])

    def bash(self, code: str, where: str) -> None:
        state = self.folder / ".environment"
        script = f"set -euo pipefail; set -a\n{code}\nenv -0 > {state}"
        done = self._run(["bash", "-c", script], env=self.environment, stdin=subprocess.DEVNULL)
        self.printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{where}: exit code {done.returncode}\n{self.printed}"
        pairs = (pair.partition("=") for pair in state.read_text().split("\0") if pair)
        self.environment = {name: value for name, _, value in pairs}

    def python(self, code: str, where: str) -> None:
        program = compile("\n" * int(where.rpartition(":")[2]) + code, where, "exec")
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.chdir(self.here):
            exec(program, self.names)
        self.printed = out.getvalue()

    def json(self, code: str, where: str) -> None:
        printed = [json.loads(line) for line in self.printed.splitlines() if line.startswith("{")]
        shapes = [shape(told) for told in printed]
        for line in code.splitlines():
            assert shape(json.loads(line)) in shapes, f"{where}: {self.printed}"

    def text(self, code: str, where: str) -> None:
        lines = [".*".join(map(re.escape, line.split("…"))) for line in code.splitlines()]
        pattern = r"(?:.*\n)*.*".join(lines)
        assert re.search(pattern, self.printed), f"{where}: {self.printed}"

    def yaml(self, code: str, where: str) -> None:
        path = self.folder / "block.yaml"
        path.write_text(code, encoding="utf-8")
        parse_config(read_yaml(path), where)

    def diff(self, code: str, where: str) -> None:
        done = self._run(["patch", "-p1", "--no-backup-if-mismatch"], input=code)
        assert done.returncode == 0, f"{where}: {done.stdout}"

    def _run(self, command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.here, capture_output=True, text=True, **more)


def shape(value: Any) -> Any:
    """Keys and types; one element stands for a list."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Commands on the PATH that answer at once."""
    folder = tmp_path_factory.mktemp("bin")
    warm = Path(__file__).with_name("warm.py")
    for name, line in {"swae-text": f"-SE {warm}", "python": ""}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {sys.executable} {line} "$@"\n')
        (folder / name).chmod(0o755)
    told = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SWAE_TEXT_WARM": str(folder / "door"),
    }
    command = [sys.executable, str(warm), "serve"]
    with subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stdout.readline() == "ready\n"
        yield told
        server.kill()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """A folder that looks like a checkout in which ``configs/tiny.yaml`` was trained, briefly."""
    home = tmp_path_factory.mktemp("home")
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, home / name)
    command = ["swae-text", "train", "configs/tiny.yaml"]
    for change in ("training.stage_one.steps=100", "training.stage_two.steps=50"):
        command += ["--set", change]
    subprocess.run(command, cwd=home, env=environment, check=True)
    return home


@pytest.mark.timeout(900)  # a busy machine is no failure
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_runs(page, trained, environment, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    reader = Reader(page, tmp_path, environment)
    for block in blocks(page.read_text(encoding="utf-8")):
        reader.follow(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(there), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in an address, by GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_has_every_page():
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS if f"({page.name})" not in index] == ["README.md"]


def verbs(command: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every verb, and the options of it that have two dashes."""
    if below := getattr(command, "commands", None):
        for word, verb in below.items():
            yield from verbs(verb, f"{name} {word}".strip())
    else:
        options = {
            option for made in command.params for option in (*made.opts, *made.secondary_opts)
        }
        yield name, {option for option in options if option.startswith("--")}


def test_every_verb_and_option_is_described_and_no_other():
    shared, *parts = (ROOT / "docs/commands.md").read_text(encoding="utf-8").split("\n## ")
    described = {head: body for head, _, body in (part.partition("\n") for part in parts)}
    known = dict(verbs(typer.main.get_command(app)))
    assert described.keys() == known.keys()
    for verb, options in known.items():
        named = set(re.findall(r"--[a-z][a-z-]+", shared + described[verb]))
        assert options <= named, f"{verb}: {sorted(options - named)}"
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "".join((shared, *parts))))
    assert named <= set().union(*known.values()) | {"--help", "--version", "--debug"}
