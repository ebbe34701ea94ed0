"""A warm ``swae-text`` for the documentation's many commands: torch is imported once.

One process (``serve``) forks a child for each command. What stands on the PATH (``ask``) sends it
arguments, folder, environment and its own three streams, so pipes and redirections are real, and
leaves with the child's exit code.
"""

import json
import os
import signal
import socket
import sys
import traceback


def serve(path: str) -> None:
    import swae_text.evaluation.protocol
    import swae_text.training.run  # noqa: F401 - both are imported to be there

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        print("ready", flush=True)
        while True:
            visitor, _ = door.accept()
            if not os.fork():
                _answer(visitor)
            visitor.close()


def _answer(visitor: socket.socket) -> None:
    """Be the command that was asked for, and end."""
    from swae_text.cli.app import main

    code = 70  # EX_SOFTWARE: what should not have come through
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asked, streams, _, _ = socket.recv_fds(visitor, 1 << 20, 3)
        request = json.loads(asked)
        for own, stream in enumerate(streams):
            os.dup2(stream, own)
        os.chdir(request["folder"])
        os.environ.update(request["environment"])
        code = main(request["arguments"])
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        visitor.send(bytes([code]))
        os._exit(code)


def ask(path: str) -> int:
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(path)
        keys = ("arguments", "folder", "environment")
        request = dict(zip(keys, (sys.argv[1:], os.getcwd(), dict(os.environ)), strict=True))
        socket.send_fds(door, [json.dumps(request).encode()], [0, 1, 2])
        return door.recv(1)[0]


if __name__ == "__main__":
    address = os.environ["SWAE_TEXT_WARM"]
    if sys.argv[1:] == ["serve"]:
        serve(address)
    sys.exit(ask(address))
