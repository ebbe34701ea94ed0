"""Thirty-two people at one explorer: errors, waiting times, and whether its memory grows.

    swae-text explore runs/quickstart &
    .venv/bin/python scripts/explorer_load.py http://127.0.0.1:8000/ --pid $!

Each client moves a slider as the page does (one request on its way, then the next), and now and
then types a new sentence, walks a path or looks at a grid. It ends by itself. First comes one
client alone, whose waiting is what one person sees.
"""

import argparse
import http.client
import json
import random
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WORDS = ("a", "the", "film", "dog", "plot", "was", "is", "very", "not", "good", "bad", "quick")


def main() -> int:
    """Alone, then together; exit code 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--pid", type=int, help="of the server, whose memory is watched")
    parser.add_argument("--clients", type=int, default=32, choices=range(1, 65), metavar="1..64")
    parser.add_argument("--seconds", type=int, default=60, choices=range(1, 601), metavar="1..600")
    asked = parser.parse_args()
    host = urlsplit(asked.url).netloc
    wait_for_survey(host)
    alone = together(host, 1, min(10, asked.seconds), moves=True)
    print(told("one client, sliders", alone))
    together(host, asked.clients, 5)  # caches and allocators fill
    before = memory(asked.pid)
    crowd = together(host, asked.clients, asked.seconds)
    print(told(f"{asked.clients} clients, all views", crowd))
    if asked.pid:
        print(f"memory: {before:.1f} MiB before, {memory(asked.pid):.1f} MiB after")
    failures = [failure for client in (alone, crowd) for failure in client["failures"]]
    for failure in sorted(set(failures))[:5]:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def together(host: str, clients: int, seconds: float, moves: bool = False) -> dict[str, list[Any]]:
    """Times in milliseconds and failures of some clients at once."""
    found: dict[str, list[Any]] = {"times": [], "failures": []}
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=client, args=(host, seed, end, found, moves))
        for seed in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def client(host: str, seed: int, end: float, found: dict[str, list[Any]], moves: bool) -> None:
    """One person: mostly a slider, sometimes something else."""
    draw = random.Random(seed)
    connection = http.client.HTTPConnection(host, timeout=60)
    text = sentence(draw)
    while time.monotonic() < end:
        kind = "edit" if moves else draw.choices(("edit", "interpolate", "grid"), (90, 8, 2))[0]
        if not moves and draw.random() < 0.1:
            text = sentence(draw)
        begin = time.perf_counter()
        try:
            ask(connection, f"/api/{kind}", body(kind, text, draw))
            found["times"].append(1000 * (time.perf_counter() - begin))
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            found["failures"].append(f"{kind}: {error}")
            connection.close()
    connection.close()


def body(kind: str, text: str, draw: random.Random) -> dict[str, Any]:
    """What the page sends."""
    if kind == "edit":
        return {"text": text, "axes": {"1": round(draw.uniform(-3, 3), 2)}}
    if kind == "interpolate":
        return {"texts": [text, sentence(draw)], "steps": 21}
    return {"texts": [text, *(sentence(draw) for _ in range(3))], "size": 5}


def sentence(draw: random.Random) -> str:
    """Words in no good order."""
    return " ".join(draw.choices(WORDS, k=draw.randint(4, 8))) + " ."


def ask(connection: http.client.HTTPConnection, path: str, sent: dict[str, Any] | None) -> Any:
    """One request; anything but 200 is an error."""
    method = "GET" if sent is None else "POST"
    data = None if sent is None else json.dumps(sent)
    connection.request(method, path, data, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status != 200:
        raise RuntimeError(f"{response.status} {answer['error']}")
    return answer


def wait_for_survey(host: str) -> None:
    """Until there are axes to move along; two minutes at most."""
    connection = http.client.HTTPConnection(host, timeout=60)
    for _ in range(240):
        survey = ask(connection, "/api/model", None)["survey"]
        if survey["finished"]:
            return connection.close()
        time.sleep(0.5)
    raise SystemExit(f"no axes: {survey['problem'] or 'the survey takes too long'}")


def memory(pid: int | None) -> float:
    """Resident memory of a process, in MiB (Linux)."""
    if pid is None:
        return 0.0
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def told(name: str, found: dict[str, list[Any]]) -> str:
    """One line."""
    times = sorted(found["times"]) or [float("nan")]
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    return (
        f"{name}: {len(found['times']):,} answers, {len(found['failures'])} errors, "
        f"median {statistics.median(times):.0f} ms, 95 % within {p95:.0f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
