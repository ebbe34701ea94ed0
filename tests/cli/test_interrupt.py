import signal
import subprocess
import sys
from pathlib import Path

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
