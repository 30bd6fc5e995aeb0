"""What happens in the demo, and what must be told about it, act by act."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local_cloud.demo.received import Expected

STORY: Final = Path(__file__).with_name("story.toml")


@dataclass(frozen=True, slots=True)
class Act:
    """What happens at once, and what is told before anything else may happen."""

    events: Sequence[Mapping[str, Any]]
    """As the simulator's control API takes them."""
    alerts: Sequence[Expected]
    killed: bool = False
    """The function is killed when the last channel has accepted the alert, before that is noted."""
    unmuted: bool = False
    """The mute ends now."""


def acts(file: Path = STORY) -> list[Act]:
    """The story, in its order."""
    return [
        Act(
            events=act.pop("event", []),
            alerts=[Expected(**alert) for alert in act.pop("alert")],
            **act,
        )
        for act in tomllib.loads(file.read_text(encoding="utf-8"))["act"]
    ]
