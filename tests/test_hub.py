"""The hub, spoken to by its own client over HTTP: there and back, offline, and from strangers."""

import shutil

import pytest
import torch
from hub_server import Hub, serving

from swae_text.errors import ModelFolderError
from swae_text.hub import contents, fetch, hub_name, push
from swae_text.pretrained import find_attribute, find_model, own_attributes
from swae_text.space import SentenceSpace

CLOSED = "http://127.0.0.1:9"  # the port of `discard`, where nobody listens


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_of_a_test")
    monkeypatch.setenv("SWAE_TEXT_CACHE", str(tmp_path / "cache"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        yield hub


@pytest.fixture
def folder(tiny_run, tmp_path):
    """A model folder with an attribute, and a file that is none of a model's."""
    home = tmp_path / "here" / "model"
    shutil.copytree(tiny_run / "model", home)
    (home / "attributes").mkdir()
    (home / "attributes" / "mood.safetensors").write_bytes(b"a vector")
    (home / "notes.txt").write_text("not to be uploaded")
    return home


def put(hub: Hub, folder, name="me/small", **more: bytes) -> None:
    """A repository with the files of a folder and some more."""
    tree = {path: (folder / path).read_bytes() for path in contents(folder)}
    hub.files.setdefault(name, []).append({**tree, **more})


def test_a_model_goes_there_and_comes_back(hub, folder):
    assert push(folder, "me/small", private=True) == f"{hub.address}/me/small"
    assert hub.private == {"me/small": True}
    sent = hub.commits("me/small")["main"]
    assert sent == {path: (folder / path).read_bytes() for path in contents(folder)}
    assert "notes.txt" not in sent and "attributes/mood.safetensors" in sent
    here, there = (SentenceSpace.from_pretrained(at) for at in (folder, "me/small"))
    text = "the cook was kind ."
    assert torch.equal(here.encode(text), there.encode(text))
    assert [file.stem for file in own_attributes("me/small")] == ["mood"]
    assert find_attribute("mood", "me/small").read_bytes() == b"a vector"


def test_what_was_fetched_is_not_fetched_again_and_serves_offline(hub, folder, monkeypatch):
    put(hub, folder)
    first = fetch("me/small")
    assert not any(path.is_symlink() for path in first.rglob("*"))
    before = len(hub.asked)
    assert fetch("me/small", f"{0:040x}") == first and len(hub.asked) == before
    assert fetch("me/small") == first and len(hub.asked) == before + 1
    monkeypatch.setenv("HF_ENDPOINT", CLOSED)
    assert fetch("me/small") == first
    with pytest.raises(ModelFolderError, match=r"me/other: the hub does not answer .*folder"):
        fetch("me/other")


def test_a_revision_is_a_commit_of_its_own(hub, folder):
    put(hub, folder)
    put(hub, folder, **{"README.md": b"newer"})
    old, new = find_model(f"me/small@{0:040x}"), find_model("me/small")
    assert (new / "README.md").read_bytes() == b"newer" != (old / "README.md").read_bytes()
    assert find_model("me/small", revision=f"{0:040x}") == old
    for name, revision in (("me/small", "v9"), ("me/none", None)):
        with pytest.raises(ModelFolderError, match=f"{name}: the hub refuses"):
            find_model(name, revision)
    with pytest.raises(ModelFolderError, match="have revisions"):
        find_model("yelp-small", "main")


def test_only_files_of_a_model_are_fetched(hub, folder):
    put(hub, folder, **{"evil.py": b"", "attributes/../../out.safetensors": b"", "model/x": b""})
    found = fetch("me/small")
    names = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert {name for name in names if not name.startswith(".cache")} == set(contents(folder))
    assert not [line for line in hub.asked if "evil" in line or "out." in line]


def test_what_is_too_large_or_none_of_ours_is_not_fetched(hub, folder):
    put(hub, folder, **{"config.yaml": b" " * (1 << 19)})
    with pytest.raises(ModelFolderError, match=r"config\.yaml has 524,288 bytes, where 262,144"):
        fetch("me/small")
    hub.files["me/bert"] = [{"pytorch_model.bin": b"x"}]
    with pytest.raises(ModelFolderError, match="not a model of swae_text"):
        fetch("me/bert")
    assert not [line for line in hub.asked if "resolve" in line]


def test_a_folder_of_the_hub_is_checked_as_any(hub, folder):
    put(hub, folder, **{"model.safetensors": b"something else"})
    with pytest.raises(ModelFolderError, match="damaged"):
        SentenceSpace.from_pretrained("me/small")


def test_attributes_of_an_older_model_are_removed(hub, folder):
    put(hub, folder, **{"attributes/old.safetensors": b"of another space", ".gitattributes": b""})
    push(folder, "me/small")
    kept = set(hub.commits("me/small")["main"])
    assert kept == {*contents(folder), ".gitattributes"}


def test_links_out_of_the_folder_are_not_uploaded(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("of mine")
    (folder / "attributes" / "secret.safetensors").symlink_to(secret)
    with pytest.raises(ModelFolderError, match="a link out of the folder"):
        contents(folder)


def test_push_to_hub_writes_what_save_pretrained_writes(hub, tiny_run, tmp_path):
    space = SentenceSpace.from_pretrained(tiny_run / "model")
    space.push_to_hub("team/small", half=True, card="# mine")
    space.save_pretrained(tmp_path / "saved", half=True, card="# mine")
    sent = hub.commits("team/small")["main"]
    assert sent == {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}
    for name in ("small", "team/small@v1", "../up/x"):
        with pytest.raises(ModelFolderError, match="give owner/name"):
            space.push_to_hub(name)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("me/small", ("me/small", None)),
        ("hub:me/small@v1.0", ("me/small", "v1.0")),
        ("runs/small", None),
        ("hub:runs/small", ("runs/small", None)),
        ("./me/small", None),
        ("/me/small", None),
        ("me/small/model", None),
        ("../small", None),
        ("small", None),
    ],
)
def test_a_path_is_told_from_a_name(tmp_path, monkeypatch, path, found):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    assert hub_name(path) == found


def test_the_verbs(hub, folder, capsys):
    from swae_text.cli.app import main

    assert main(["push", str(folder), "me/small", "--dry-run"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == list(contents(folder)) and hub.asked == []
    assert main(["push", str(folder), "me/small"]) == 0
    assert capsys.readouterr().out == f"{hub.address}/me/small\n"
    assert main(["sample", "me/small", "-n", "2", "--format", "text"]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert main(["info", "me/none"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
