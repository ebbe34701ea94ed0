import signal
import subprocess
import sys
from pathlib import Path

from swae_text.cli.app import app, main

TINY = Path(__file__).resolve().parents[2] / "configs/tiny.yaml"


def test_an_interrupted_run_says_how_to_go_on(sentences, tmp_path):
    arguments = ["train", str(TINY), "--runs-dir", str(tmp_path / "my runs")]
    for setting in (f"corpus.source={sentences}", "tokenizer.vocab_size=300"):
        arguments += ["--set", setting]
    with subprocess.Popen(
        [sys.executable, "-m", "swae_text", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while not process.stderr.readline().startswith("stage one"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1].startswith("interrupted; to go on: swae-text train ")
    assert f"--resume --set corpus.source={sentences}" in err
    assert f"--runs-dir '{tmp_path}/my runs'" in err


def test_an_interrupt_that_became_an_error_is_an_interrupt(capfd):
    def import_something():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise AttributeError("partially initialized module") from None

    app.command("import-something")(import_something)
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is none
    try:
        assert main(["import-something"]) == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        app.registered_commands.pop()
        signal.signal(signal.SIGINT, ours)
    assert capfd.readouterr().err == ""
