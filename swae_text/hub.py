"""Models on the Hugging Face hub: ``owner/name``, or ``hub:owner/name@REVISION``.

    $SWAE_TEXT_CACHE/hub/owner--name/COMMIT/     a model folder, plain files, checksums last
    $SWAE_TEXT_CACHE/hub/owner--name/refs/main   the commit that a revision was, when last asked

Only the files of a model folder are fetched, and only after the hub has said how large they are;
what comes is read as any stranger's folder is (``folder.py``). The hub's own cache is not used: it
is made of links, and links out of a model folder are refused. Without a network the commit that
was fetched last is the model.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from swae_text.atomic import atomic_write
from swae_text.errors import ModelFolderError

_ID = re.compile(r"(hub:)?([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?", re.A)
_ATTRIBUTE = re.compile(r"attributes/[A-Za-z0-9][\w.-]*\.safetensors", re.A)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST_ATTRIBUTES = 64
_LARGEST_CARD = 1 << 20
_MAIN = "main"


def hub_name(path: str | Path) -> tuple[str, str | None] | None:
    """Name and revision, if this is a model on the hub; None if it is a path.

    ``owner/name`` is a path where there is a folder ``owner``; ``hub:owner/name`` never is.
    """
    match = _ID.fullmatch(str(path))
    if match is None or (match[1] is None and Path(path).parents[0].exists()):
        return None
    return match[2], match[3]


def fetch(name: str, revision: str | None = None) -> Path:
    """The model folder of a hub's model, in the cache; downloaded where it is not there yet.

    Args:
        name: ``owner/name``.
        revision: branch, tag or commit. None: ``main``.

    Raises:
        ModelFolderError: there is no such model, it is none of ours, or it cannot be had and is
            not in the cache.
    """
    home, asked = _home(name), revision or _MAIN
    if _COMMIT.fullmatch(asked) and (kept := _whole(home, asked)):
        return kept
    ref = home / "refs" / quote(asked, safe="")
    try:
        with _spoken_to(name, "it is no folder here: give the path of one, or try again"):
            commit, sizes = _listing(name, asked)
    except _Unreachable:
        if ref.is_file() and (kept := _whole(home, ref.read_text())):
            return kept
        raise
    if not (kept := _whole(home, commit)):
        kept = _download(name, commit, _wanted(name, sizes), home / commit)
    atomic_write(ref, commit.encode())
    return kept


def contents(folder: Path) -> dict[str, int]:
    """The files of a model folder that ``push`` uploads, with their sizes in bytes.

    Raises:
        ModelFolderError: the folder is not whole, or a file is a link out of it or too large.
    """
    from swae_text.folder import LARGEST
    from swae_text.sealed import check_file, check_sealed

    check_sealed(folder, LARGEST)
    limits = _limits()
    found = [name for name in limits if (folder / name).exists()]
    own = sorted((folder / "attributes").glob("*.safetensors"))
    found += [name for file in own if _ATTRIBUTE.fullmatch(name := f"attributes/{file.name}")]
    for name in found:
        check_file(folder / name, _most(name, limits), inside=folder)
    return {name: (folder / name).stat().st_size for name in found}


def push(folder: Path, name: str, *, private: bool = False) -> str:
    """Upload a model folder, as one commit on ``main``, and give its address.

    Attributes that lie there and not in the folder are removed: they are of another model.

    Args:
        folder: the model folder.
        name: ``owner/name``; made if there is none.
        private: whether a new one is hidden from others.

    Raises:
        ModelFolderError: the folder is not whole, the name is none, or the hub refuses.
    """
    found, match = contents(folder), _ID.fullmatch(name)
    if match is None or match[3]:
        raise ModelFolderError(f"{name}: no name on the hub: give owner/name")
    with _spoken_to(name, "log in with `hf auth login`, and see whether the name is yours"):
        api = _api()
        api.create_repo(match[2], private=private or None, exist_ok=True)
        api.upload_folder(
            repo_id=match[2],
            folder_path=folder,
            allow_patterns=list(found),
            delete_patterns=["attributes/*"],
            commit_message="Model of swae_text",
        )
        return f"{api.endpoint}/{match[2]}"


class _Unreachable(ModelFolderError):
    """The hub cannot be asked; what it said last may still be in the cache."""


@contextmanager
def _spoken_to(name: str, advice: str) -> Iterator[None]:
    """Turn what the hub's client raises, which is whatever its transport does, into one line.

    Raises:
        ModelFolderError: the hub refuses.
        _Unreachable: it cannot be reached.
    """
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except ModelFolderError:
        raise
    except Exception as error:
        problem = " ".join(str(error).split())[:160] or type(error).__name__
        answer = getattr(error, "response", None) if isinstance(error, HfHubHTTPError) else None
        if answer is not None and answer.status_code < 500:
            raise ModelFolderError(f"{name}: the hub refuses ({problem}): {advice}") from error
        raise _Unreachable(f"{name}: the hub does not answer ({problem}): {advice}") from error


def _api() -> Any:
    """The hub's client, without bars where nobody looks."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not (sys.stderr and sys.stderr.isatty()):
        disable_progress_bars()
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="swae_text")


def _listing(name: str, revision: str) -> tuple[str, dict[str, int]]:
    """The commit that a revision is, and the size of each of its files."""
    info = _api().model_info(name, revision=revision, files_metadata=True, timeout=20)
    if not _COMMIT.fullmatch(info.sha or ""):
        raise ModelFolderError(f"{name}: the hub names no commit: try again")
    return info.sha, {file.rfilename: file.size or 0 for file in info.siblings or ()}


def _wanted(name: str, sizes: dict[str, int]) -> list[str]:
    """Those files that a model folder holds, its checksums last.

    Raises:
        ModelFolderError: it is no model of ours, or a file is larger than it can be.
    """
    from swae_text.folder import LARGEST
    from swae_text.sealed import CHECKSUMS

    limits = _limits()
    if missing := [file for file in (*LARGEST, CHECKSUMS) if file not in sizes]:
        raise ModelFolderError(f"{name}: not a model of swae_text (it has no {missing[0]})")
    attributes = sorted(file for file in sizes if _ATTRIBUTE.fullmatch(file))[:_MOST_ATTRIBUTES]
    wanted = [file for file in limits if file in sizes] + attributes
    for file in wanted:
        if sizes[file] > (most := _most(file, limits)):
            raise ModelFolderError(
                f"{name}: {file} has {sizes[file]:,} bytes, where {most:,} are the most"
            )
    return sorted(wanted, key=lambda file: file == CHECKSUMS)


def _download(name: str, commit: str, wanted: list[str], folder: Path) -> Path:
    """Fetch files into a folder; checksums come last, so that without them it is not whole."""
    from huggingface_hub import hf_hub_download

    with _spoken_to(name, "try again, what has come is kept"):
        for file in wanted:
            hf_hub_download(
                name,
                file,
                revision=commit,
                local_dir=folder,
                endpoint=os.environ.get("HF_ENDPOINT"),
                library_name="swae_text",
            )
    return folder


def _home(name: str) -> Path:
    """Where what is fetched of a model is kept."""
    from swae_text.corpora.store import cache_folder

    return cache_folder().with_name("hub") / name.replace("/", "--")


def _whole(home: Path, commit: str) -> Path | None:
    """The folder of a commit, if all of it has come."""
    from swae_text.sealed import CHECKSUMS

    folder = home / commit
    return folder if _COMMIT.fullmatch(commit) and (folder / CHECKSUMS).is_file() else None


def _limits() -> dict[str, int]:
    """Bytes of each file at the top of a model folder, at most."""
    from swae_text.folder import CARD, LARGEST
    from swae_text.sealed import CHECKSUMS, LARGEST_CHECKSUMS

    return {**LARGEST, CARD: _LARGEST_CARD, CHECKSUMS: LARGEST_CHECKSUMS}


def _most(file: str, limits: dict[str, int]) -> int:
    """Bytes of a file at most; what is not at the top is an attribute."""
    from swae_text.vectors import LARGEST as LARGEST_VECTOR

    return limits.get(file, LARGEST_VECTOR)
