"""A hub in a hundred lines: repositories in memory, and the few addresses that the client asks."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """What it holds and what it was asked.

    Attributes:
        address: for ``HF_ENDPOINT``.
        files: the commits of each repository, oldest first; each is path → bytes.
        private: whether each was made to be hidden.
        asked: method and path of every request.
    """

    address: str = ""
    files: dict[str, list[dict[str, bytes]]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def commits(self, name: str) -> dict[str, dict[str, bytes]]:
        """Commit → path → bytes; ``main`` is the newest."""
        found = {f"{number:040x}": tree for number, tree in enumerate(self.files[name])}
        return {**found, "main": self.files[name][-1]}


def _answer(hub: Hub, path: str, body: bytes) -> tuple[int, object, dict[str, str]]:
    """Status, JSON or bytes, and headers."""
    parts = path.partition("?")[0].strip("/").split("/")
    name = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
    if parts[1:] == ["repos", "create"]:
        told = json.loads(body)
        name = f"{told.get('organization', 'me')}/{told['name']}"
        hub.files.setdefault(name, [{}])
        hub.private[name] = told.get("private") or told.get("visibility") == "private"
        return 200, {"url": f"{hub.address}/{name}"}, {}
    if parts[1:] == ["validate-yaml"]:
        return 200, {"errors": [], "warnings": []}, {}
    if name not in hub.files:
        return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
    commits = hub.commits(name)
    if "preupload" in parts:
        sent = json.loads(body)["files"]
        return 200, {"files": [_regular(file["path"]) for file in sent]}, {}
    if "commit" in parts:
        hub.files[name].append(_committed(hub.files[name][-1], body))
        sha = f"{len(hub.files[name]) - 1:040x}"
        return 200, {"commitUrl": f"{hub.address}/{name}/commit/{sha}", "commitOid": sha}, {}
    at = parts[parts.index("revision") + 1] if "revision" in parts else "main"
    at = parts[3] if "resolve" in parts else at
    if at not in commits:
        return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
    sha = next(sha for sha, tree in commits.items() if tree is commits[at])
    if "resolve" in parts:
        data = commits[at]["/".join(parts[4:])]
        return 200, data, {"X-Repo-Commit": sha, "ETag": hashlib.sha256(data).hexdigest()}
    if "tree" in parts:
        tree = commits[at].items()
        return 200, [{"type": "file", "path": p, "size": len(d), "oid": ""} for p, d in tree], {}
    siblings = [{"rfilename": path, "size": len(data)} for path, data in commits[at].items()]
    return 200, {"id": name, "sha": sha, "siblings": siblings}, {}


def _regular(path: str) -> dict[str, object]:
    return {"path": path, "uploadMode": "regular", "shouldIgnore": False}


def _committed(tree: dict[str, bytes], body: bytes) -> dict[str, bytes]:
    """The tree after the operations of a commit."""
    tree = dict(tree)
    for line in map(json.loads, body.splitlines()):
        if line["key"] == "file":
            tree[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        elif line["key"] == "deletedFile":
            del tree[line["value"]["path"]]
    return tree


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers for the while of the block."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told, headers = _answer(hub, self.path, body)
            data = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_HEAD = do_POST = do

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield hub
        server.shutdown()
