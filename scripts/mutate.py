"""Damage a model folder at random, many times: each is the same model, or is refused in one line.

    python scripts/mutate.py runs/tiny/model --mutations 2000

Every file is damaged, in bits and in meaning, and in half of the cases the checksums are made anew,
as someone who means harm would. The command line's own ``main`` then encodes, decodes and samples
in a forked child with limits of memory and time. With new checksums a damaged folder may be a model
of its own (a weight differs): it is counted apart, and has to work. Exit 1 where anything else is.
"""

import argparse
import collections
import copy
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase as LETTERS
from typing import Any

import yaml

from swae_text.cli.app import main as swae_text
from swae_text.space import SentenceSpace

FILES = ("config.yaml", "model.safetensors", "tokenizer.model", "checksums.json")
TEXTS = "the cook was kind and quick today .\nagain .\nsmörgås \U0001f600\n"
MEMORY, SECONDS, PATIENCE = 2 << 30, 30, 300  # bytes; of the processor; by the clock
EXTREMES: list[Any] = [
    *(0, -1, 1, 2, 3, 16, 255, 4096, 10_000_000, 10**12, 2**31, 2**63, 10**400, 1e308, 0.5),
    *(float("nan"), float("inf"), True, None, "", "x", "\x00", "1" * 5000, [], [[]], {}, [0] * 500),
    *("none", "kl", "mmd", "lstm", "flow", "mixture", "fitted", "adversarial", {"kind": "flow"}),
]
Folder = dict[str, bytes]
Mutation = Callable[[Folder, random.Random], None]


def flip(files: Folder, rng: random.Random) -> None:
    """Turn a few bits round."""
    name = rng.choice(FILES)
    data = bytearray(files[name])
    for _ in range(rng.choice((1, 1, 2, 16))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    files[name] = bytes(data)


def block(files: Folder, rng: random.Random) -> None:
    """Overwrite a stretch by noise, zeros or ones."""
    name = rng.choice(FILES)
    data = files[name]
    start, length = rng.randrange(len(data)), rng.choice((4, 64, 4096))
    noise = rng.choice((rng.randbytes(length), bytes(length), b"\xff" * length))
    files[name] = (data[:start] + noise + data[start + length :])[: len(data)]


def resize(files: Folder, rng: random.Random) -> None:
    """Cut off an end, repeat a stretch, or add noise."""
    name = rng.choice(FILES)
    data, cut = files[name], rng.randrange(len(files[name]))
    more = (b"", data + rng.randbytes(rng.choice((1, 100, 70_000))), data[:cut] + data)
    files[name] = rng.choice((data[:cut], data[cut:], *more))


def swap(files: Folder, rng: random.Random) -> None:
    """Give a file another one's content, or take it away."""
    name, other = rng.sample(FILES, 2)
    files[name] = files[other]
    if rng.random() < 0.5:
        del files[name]


def settings(files: Folder, rng: random.Random) -> None:
    """Give settings other values, extreme ones above all; or nest, alias and tag what is there."""
    tree = yaml.safe_load(files["config.yaml"])
    for _ in range(rng.choice((1, 1, 2, 4))):
        node, key = rng.choice(list(places(tree)))
        node[key] = copy.deepcopy(rng.choice(EXTREMES))  # or the next mutation changes it
    text = yaml.safe_dump(tree, allow_unicode=True)
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise(LETTERS))
    odd = (
        text,
        text,
        text,
        text,
        text + bomb,
        bomb,
        "[" * 20_000,
        "!!python/object/apply:os.abort []",
    )
    files["config.yaml"] = rng.choice(odd).encode()


def header(files: Folder, rng: random.Random) -> None:
    """Change what the weights' file says of itself: length, names, shapes, kinds, places."""
    data = files["model.safetensors"]
    length = int.from_bytes(data[:8], "little")
    head, rest = json.loads(data[8 : 8 + length]), data[8 + length :]
    name = rng.choice(sorted(head))
    key = rng.choice(("shape", "dtype", "data_offsets", "name", "none"))
    values = {
        "shape": ([], [0], [10**12], [2**62, 4], [-1], head[name].get("shape", [1])[::-1], [1, 1]),
        "dtype": ("F16", "BF16", "F64", "I64", "F8_E4M3", "BOOL", "X", 1),
        "data_offsets": ([0, 4], [4, 0], [0, 2**63], [-4, 0], [0], "x"),
    }
    if key in values:
        head[name][key] = rng.choice(values[key])
    elif key == "name":
        head[rng.choice(("x", "autoencoder.bag", "../" + name, ""))] = head.pop(name)
    written = json.dumps(head).encode() if rng.random() < 0.9 else b"[" * 50_000
    said = rng.choice((len(written), len(written), len(written), 0, 2**63, len(data), 10**8))
    files["model.safetensors"] = said.to_bytes(8, "little") + written + rest


def numbers(files: Folder, rng: random.Random) -> None:
    """Put numbers into the weights that are none, or that overflow what they are multiplied by."""
    data = bytearray(files["model.safetensors"])
    length = 8 + int.from_bytes(data[:8], "little")
    start = length + 4 * rng.randrange((len(data) - length) // 4)
    number = rng.choice(
        (b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f", b"\x00\x00\x7f\x7f", b"\x00\x00\x80\x5f")
    )
    count = min(rng.choice((1, 64, 10_000)), (len(data) - start) // 4)
    data[start : start + 4 * count] = number * count
    files["model.safetensors"] = bytes(data)


def sums(files: Folder, rng: random.Random) -> None:
    """Write checksums that are something else."""
    odd = (
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[" * 30_000,
        b'{"config.yaml": 1}',
        b"{" * 10,
        b"\x80\x04N.",
    )
    files["checksums.json"] = rng.choice(odd)


MUTATIONS: tuple[Mutation, ...] = (flip, block, resize, swap, settings, header, numbers, sums)
WEIGHTS = (3, 2, 2, 1, 5, 4, 2, 1)


def places(tree: Any) -> Any:
    """Every place of a tree that holds a value."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


def mutated(whole: Folder, seed: int) -> tuple[str, Folder, bool]:
    """A damaged copy, by what it was damaged, and whether its checksums were made anew."""
    rng, files = random.Random(seed), dict(whole)
    (mutate,) = rng.choices(MUTATIONS, WEIGHTS)
    mutate(files, rng)
    forged = mutate is not sums and rng.random() < 0.5
    if forged:
        found = {
            name: hashlib.sha256(files[name]).hexdigest() for name in FILES[:3] if name in files
        }
        files["checksums.json"] = json.dumps(found).encode()
    return mutate.__name__, files, forged


def write(files: Folder, folder: Path, seed: int) -> None:
    """Write a folder; now and then a file is a link out of it, or a pipe."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if seed % 40 == 0:
        path = folder / FILES[seed // 40 % 4]
        path.unlink(missing_ok=True)
        if seed % 80:
            os.mkfifo(path)
        else:
            away = folder.parent / "away"
            away.write_bytes(files.get(path.name, b""))
            path.symlink_to(away)


def fingerprint(folder: Path) -> str:
    """Of all that a model is; it has to encode to finite numbers."""
    space = SentenceSpace.from_pretrained(folder)
    digest = hashlib.sha256(
        repr((space.config, space.labels)).encode() + space.tokenizer.to_bytes()
    )
    for stage in (space.autoencoder, space.stage_two):
        for name, tensor in stage.state_dict().items() if stage is not None else ():
            digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def use(folder: Path, log: Path) -> str:
    """Use a model as a user would; ``refused``, or its fingerprint, or what went wrong."""
    sentences = ("reconstruct", str(folder), "--format", "jsonl")
    for arguments in (sentences, ("sample", str(folder), "-n", "3"), (*sentences, "--beams", "2")):
        sys.stdin = io.TextIOWrapper(io.BytesIO(TEXTS.encode()), encoding="utf-8")
        code = swae_text(arguments)
        sys.stdout.flush(), sys.stderr.flush()
        said = log.read_text(errors="replace")
        if code == 1 and said.startswith("swae-text: ") and said.count("\n") == 1:
            return "refused"
        if code != 0 or said:
            return f"said {said[:200]!r} and left with {code}"
    return fingerprint(folder)


def child(folder: Path, log: Path, answer: int) -> None:
    """In a process of its own: limits, streams into files, and one line back."""
    for stream, path in ((1, os.devnull), (2, log)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    resource.setrlimit(
        resource.RLIMIT_CPU, (int(sum(os.times()[:2])) + SECONDS, resource.RLIM_INFINITY)
    )
    signal.alarm(PATIENCE)
    try:
        found = use(folder, log)
    except BaseException:
        found = "traceback: " + traceback.format_exc()
    os.write(answer, found.encode()[-2000:])
    os._exit(0)


def tried(files: Folder, seed: int) -> tuple[str, int]:
    """What becomes of a folder, and the most memory that was held, in MiB."""
    with tempfile.TemporaryDirectory() as place:
        folder, log = Path(place) / "model", Path(place) / "log"
        folder.mkdir()
        write(files, folder, seed)
        read, answer = os.pipe()
        if not (pid := os.fork()):
            child(folder, log, answer)
        os.close(answer)
        with os.fdopen(read, "rb") as stream:
            found = stream.read().decode(errors="replace")
        _, status, usage = os.wait4(pid, 0)
        shutil.rmtree(folder)
    if status:
        found = f"killed by {signal.Signals(os.WTERMSIG(status)).name}: a hang or a crash"
    return found, usage.ru_maxrss >> 10


def run(model: Path, mutations: int, seed: int) -> int:
    """Try all mutations and print the table."""
    whole = {name: (model / name).read_bytes() for name in FILES}
    same, _ = tried(whole, 1)
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    most, wrong = 0, 0
    for number in range(seed * mutations + 1, (seed + 1) * mutations + 1):
        kind, files, forged = mutated(whole, number)
        found, memory = tried(files, number)
        good = found in ("refused", same)
        if not good and forged and len(found) == len(same) == 64:
            found, good = "other model", True
        elif not good:
            wrong += 1
            print(f"{number} ({kind}{', forged' * forged}): {found}")
        most = max(most, memory)
        counts[kind, "same" if found == same else found if good else "wrong"] += 1
    columns = ("refused", "same", "other model", "wrong")
    print("".join(f"{name:>13}" for name in ("mutation", *columns)))
    for kind in [mutate.__name__ for mutate in MUTATIONS]:
        print(f"{kind:>13}" + "".join(f"{counts[kind, column]:13}" for column in columns))
    totals = [sum(n for (_, c), n in counts.items() if c == column) for column in columns]
    print(f"{'all':>13}" + "".join(f"{total:13}" for total in totals))
    print(f"most memory held: {most} MiB")
    return 1 if wrong or len(same) != 64 or most >= MEMORY >> 20 else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(run(given.model, given.mutations, given.seed))
