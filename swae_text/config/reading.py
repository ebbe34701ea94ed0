"""Settings from YAML files and from ``a.b=value``, and back into YAML."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from swae_text.config.run import RunConfig
from swae_text.errors import ConfigError

_LONGEST = 3000  # characters of a value; Python does not print numbers of many more
# what PyYAML raises for values like 2001-99-99, !!int "" and a thousand brackets, beside its own
_UNREADABLE = (
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

_LARGEST = 2**20
"""Bytes of the largest file of settings."""


def load_config(
    path: str | Path | Sequence[str | Path] | None, overrides: Sequence[str] = ()
) -> RunConfig:
    """Read a YAML file and apply ``a.b=value`` overrides; values are read as YAML.

    Several files are laid over each other (``overlay``): a corpus and an architecture, say, and
    then a method. Without a file, the overrides apply to the defaults.

    Raises:
        ConfigError: a file is missing or not YAML, or a setting is unknown or impossible.
    """
    files = [] if path is None else [path] if isinstance(path, str | Path) else list(path)
    tree: dict[str, Any] = {}
    for file in files:
        tree = overlay(tree, read_yaml(file))
    for override in overrides:
        override_setting(tree, override)
    return parse_config(tree, where=" + ".join(map(str, files)) or "settings")


def overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one tree of settings over another; the upper one wins.

    Groups are merged, except that a group which names its ``kind`` replaces the one below it.
    """
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        groups = isinstance(value, dict) and isinstance(old, dict) and "kind" not in value
        merged[key] = overlay(old, value) if groups and isinstance(old, dict) else value
    return merged


def parse_config(tree: dict[str, Any], where: str = "config") -> RunConfig:
    """Check a tree of plain values and turn it into a ``RunConfig``.

    Raises:
        ConfigError: names the first setting that is wrong, why, and how many more are.
    """
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{where}: {describe(error)}") from error


def dump_config(config: RunConfig) -> str:
    """Write every setting as YAML; ``parse_config`` of it gives an equal config."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def describe(error: ValidationError) -> str:
    """One line for pydantic's first complaint, with the dotted path of the setting."""
    first, *more = error.errors()
    path = ".".join(str(part) for part in first["loc"]) or "settings"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if isinstance(first["input"], dict) else f" (found {repr(first['input'])[:80]})"
    if first["type"] == "extra_forbidden":
        message, found = "unknown setting; `swae-text config show` lists them all", ""
    line = f"{path}: {message}{found}" + (f"; and {len(more)} more" if more else "")
    return " ".join(line.split())  # the name of a setting may be anything


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The settings in a file, as plain values."""
    try:
        tree = yaml.safe_load(_text_of(Path(path)))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): give a YAML file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text: give a YAML file") from error
    except _UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "unreadable"
        raise ConfigError(f"{where}: not valid YAML ({problem})") from error
    if not isinstance(tree, dict | None):
        raise ConfigError(f"{path}: holds a {type(tree).__name__}, not settings (key: value)")
    for key in tree or {}:
        if not isinstance(key, str):
            raise ConfigError(f"{path}: {key!r} is not the name of a setting")
    return tree or {}


def plain_yaml(data: bytes, where: str) -> dict[str, Any]:
    """The settings in a file from elsewhere: plain values, each written out where it stands.

    Raises:
        ConfigError: not YAML, not settings, nested deeper than settings are, or with aliases, by
            which a few lines can stand for more than any memory holds.
    """
    try:
        tree = yaml.load(data, _PlainLoader)
    except _UNREADABLE as error:
        raise ConfigError(f"{where}: not plain YAML ({type(error).__name__})") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"{where}: holds a {type(tree).__name__}, not settings (key: value)")
    return tree


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that knows no aliases, and no value that is longer than a setting."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and len(node.value) > _LONGEST:
            raise yaml.YAMLError("a long value")
        return node


def _text_of(path: Path) -> str:
    """The text of a file that is small enough to be settings.

    Raises:
        ConfigError: it is larger than any settings are.
    """
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ConfigError(f"{path}: more than {_LARGEST:,} bytes: give a YAML file of settings")
    return data.decode("utf-8-sig")


def override_setting(tree: dict[str, Any], override: str) -> None:
    """Set one dotted path in a tree of plain values, making the branches it needs."""
    dotted, equals, text = override.partition("=")
    if not equals or not all(dotted.split(".")):
        raise ConfigError(f"--set {override}: write it as a.b=value")
    try:
        value = "-" if text == "-" else yaml.safe_load(text)  # stdin, not a list of nothing
    except _UNREADABLE as error:
        raise ConfigError(f"--set {override}: the value is not valid YAML") from error
    *branches, leaf = dotted.split(".")
    node: Any = tree
    for branch in branches:
        node = _child(node, branch, override)
    if isinstance(node, list):
        node[_index(node, leaf, override)] = value
    else:
        node[leaf] = value


def _child(node: Any, branch: str, override: str) -> Any:
    """Step down one branch of the tree, creating it where it is missing."""
    if isinstance(node, list):
        child = node[_index(node, branch, override)]
    else:
        if node.get(branch) is None:
            node[branch] = {}
        child = node[branch]
    if not isinstance(child, dict | list):
        raise ConfigError(f"--set {override}: '{branch}' is a single value and has no parts")
    return child


def _index(node: list[Any], text: str, override: str) -> int:
    """Read a list position out of a dotted path."""
    if not text.isdigit() or int(text) >= len(node):
        raise ConfigError(f"--set {override}: '{text}' is not a position in a list of {len(node)}")
    return int(text)
