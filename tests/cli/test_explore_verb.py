import socket
import sys

import pytest


def test_a_port_that_is_taken_is_told_in_one_line(command, tiny_run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = command("explore", tiny_run, "--port", port)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"swae-text: cannot listen on 127.0.0.1 port {port} (")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_ours_is_told_in_one_line(command, tiny_run, host):
    result = command("explore", tiny_run, "--host", host, "--port", 0)
    assert result.code == 1 and f"cannot listen on {host}" in result.err


def test_no_host_is_not_every_host(command, tiny_run):
    result = command("explore", tiny_run, "--host", "", "--port", 0)
    assert (result.code, result.out) == (1, "") and "the host is empty" in result.err


def test_a_missing_extra_says_how_to_install_it(command, tiny_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "swae_text.explorer.server", raising=False)
    monkeypatch.delattr("swae_text.explorer.server", raising=False)
    result = command("explore", tiny_run)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "pip install 'swae-text[explorer]'" in result.err


def test_a_model_that_is_none_is_told_before_anything_is_served(command, tmp_path):
    result = command("explore", tmp_path, "--port", 0)
    assert result.code == 1 and str(tmp_path) in result.err
