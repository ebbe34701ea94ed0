"""One at a time, in order, a bounded line, and idle work in between."""

import threading
import time
from concurrent.futures import CancelledError

import pytest
from starlette.testclient import TestClient

from swae_text.explorer.operations import Explorer
from swae_text.explorer.server import application
from swae_text.explorer.survey import Survey
from swae_text.explorer.worker import Full, Worker


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def test_jobs_run_in_order_and_the_line_has_an_end(gate):
    worker, ran = Worker(2), []
    first = worker.submit(gate.wait)
    while not first.running():
        time.sleep(0.001)
    waiting = [worker.submit(lambda n=n: ran.append(n)) for n in range(2)]
    with pytest.raises(Full):
        worker.submit(lambda: None)
    waiting[0].cancel()
    gate.set()
    waiting[1].result(5)
    assert ran == [1]
    worker.close()


def test_an_error_is_the_asker_s_alone():
    worker = Worker(2)
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 / 0).result(5)
    assert worker.submit(lambda: 7).result(5) == 7
    worker.close()


def test_idle_work_gives_way_and_goes_on():
    done = []

    def idle():
        for step in range(50):
            time.sleep(0.002)
            done.append(step)
            yield

    worker = Worker(2, idle())
    assert worker.submit(lambda: len(done)).result(5) < 50
    while len(done) < 50:
        time.sleep(0.01)
    assert worker.submit(lambda: 7).result(5) == 7
    worker.close()


def test_what_waits_is_dropped_at_the_end(gate):
    worker = Worker(2)
    worker.submit(gate.wait)
    waiting = worker.submit(lambda: None)
    worker.close(0.01)
    with pytest.raises(CancelledError):
        waiting.result(0)


def test_a_full_line_and_a_slow_answer_are_told(space, gate, monkeypatch):
    explorer = Explorer(space, Survey(space, "latent", ["it rains ."], [None]))
    begun = threading.Event()

    def slow(self, z):
        begun.set()
        gate.wait()
        return []

    monkeypatch.setattr(type(explorer), "_decode", slow)
    app = application(explorer, waiting=1, seconds=0.3)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        answers = []
        ask = lambda: answers.append(client.post("/api/edit", json={"text": "it rains ."}))  # noqa: E731
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
            begun.wait(5)  # the first leaves the line before the others come
        for thread in threads:
            thread.join()
        gate.set()
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [503, 503, 504, 504]
    told = {answer.status_code: answer.json()["error"] for answer in answers}
    assert told[503] == "the model is busy: try again in a moment"
    assert told[504] == "no answer within 0.3 seconds"
