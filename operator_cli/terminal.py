"""Output for a terminal: names, reasons and answers of others may hold characters that would control it."""

from collections.abc import Iterable

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from journey_watch.messages.untrusted_text import for_terminal


class Terminal(Console):
    """A console on which text cannot move the cursor, change colours or turn its direction; rich's own styles can."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as Console does, with each text made harmless."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(for_terminal(segment.text), segment.style)


def say(text: str, *, err: bool = False) -> None:
    """Print a text of one or several lines."""
    click.echo(for_terminal(text), err=err)
