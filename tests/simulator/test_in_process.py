"""running() is ready at once, leaves nothing behind, and listens on the loopback interface only."""

import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from journey_watch.core.errors import ConfigurationError
from simulator import running
from tests.simulator.plain_http import ask


def test_it_answers_when_the_block_begins_and_is_gone_after_it() -> None:
    threads = set(threading.enumerate())
    with running() as simulator:
        address = urlsplit(simulator.url)
        assert ask(f"{simulator.url}/v1/apps").status == 200
    assert set(threading.enumerate()) <= threads  # of those of other tests, some may have ended meanwhile
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5)
    assert address.hostname == "127.0.0.1"


def test_it_stops_while_an_answer_is_still_late() -> None:
    with running('[[fault]]\nkind = "latency"\ndelay = "1h"\n') as simulator:
        address = urlsplit(simulator.url)
        waiting = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5)
        waiting.sendall(b"GET /v1/apps HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with waiting:
        assert b"200" not in waiting.recv(1000)


def test_it_takes_the_path_of_a_scenario_and_starts_its_clock(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text("[[application]]\nid = 'a'\n", encoding="utf-8")
    with running(path, start_clock=True) as simulator:
        assert simulator.control.clock.running
        assert simulator.control.world.applications.keys() == {"a"}


def test_a_wrong_scenario_starts_nothing() -> None:
    threads = set(threading.enumerate())
    with pytest.raises(ConfigurationError), running("sed = 1"):
        pass
    assert set(threading.enumerate()) <= threads  # of those of other tests, some may have ended meanwhile
