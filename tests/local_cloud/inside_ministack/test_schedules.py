from pathlib import Path

import pytest

from journey_watch import contract
from journey_watch.settings import WatchConfig
from local_cloud.inside_ministack.schedules import tell_interval


@pytest.mark.parametrize(("speed", "told"), [(1.0, 60), (10.0, 6), (30.0, 2), (600.0, 1)])
def test_the_poller_is_told_how_often_it_is_polled_here(tmp_path: Path, speed: float, told: int) -> None:
    file = tmp_path / contract.WATCH_CONFIG_FILE
    file.write_text(WatchConfig(every_seconds=60, label="shop").to_json(), encoding="utf-8")
    tell_interval(tmp_path, speed=speed)
    assert WatchConfig.from_json(file.read_text(encoding="utf-8")) == WatchConfig(every_seconds=told, label="shop")


def test_other_code_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "index.py").touch()
    tell_interval(tmp_path, speed=30.0)
    assert [file.name for file in tmp_path.iterdir()] == ["index.py"]
