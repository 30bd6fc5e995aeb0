"""How the demo tells its story: a line for each alert, some of them as their recipients see them, and the verdict."""

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from journey_watch.messages.content import word_of
from journey_watch.messages.forms.amazon_q import SIGN
from journey_watch.messages.kinds import content_of
from local_cloud.demo.received import JSON_RECIPIENT, Expected, Received
from local_cloud.inbox import Delivery

COLOURS: Final = {"INFO": "blue", "WARNING": "yellow", "CRITICAL": "red", "RESOLVED": "green"}
"""By `word_of` an alert."""
INDENT: Final = " " * 9
LEAST_WIDTH: Final = 58
MOST_WIDTH: Final = 96
"""Of a form. In a terminal that has room for two, they stand side by side."""
CHIEF_FIELDS: Final = ("journey_name", "run_id", "previous_status", "status", "severity", "summary")
"""Of an envelope's detail, where it is not shown whole."""


class Screen:
    """The story on a console, with the seconds since it began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._began

    def say(self, text: str = "") -> None:
        """A line, or several, in rich's markup."""
        self._console.print(text, highlight=False)

    def verbatim(self, text: str) -> None:
        """A line that can be copied: neither broken nor coloured."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def step(self, text: str) -> None:
        """Something that has been done."""
        self._line(Text.assemble((f"{self.seconds:5.1f} s", "dim"), f"  {text}"))

    def alert(self, told: Received) -> None:
        """An alert that has come, in a line."""
        word, content = word_of(told.envelope["detail"]), content_of(told.envelope)
        happened = f"{content.about.name or content.about.id}: {content.headline.replace('->', '→')}"
        self._line(
            Text.assemble(
                (f"{self.seconds:5.1f} s", "dim"), f"  {SIGN[word]} ", (f"{word:<8} ", COLOURS[word]), happened
            )
        )

    def note(self, text: str) -> None:
        """More about the line before."""
        self._line(Text.assemble(INDENT, (f"↳ {text}", "bold magenta")))

    def _line(self, text: Text) -> None:
        self._console.print(text, no_wrap=True, overflow="ellipsis")

    def specimens(self, told: Sequence[Received], expected: Sequence[Expected]) -> None:
        """The alerts that `expected` names for it, each in one form."""
        protocols = {change: change.specimen for change in expected if change.specimen}
        half = (self._console.width - 1) // 2
        side_by_side = half >= LEAST_WIDTH
        width = min(MOST_WIDTH, half if side_by_side else self._console.width)
        panels = [
            form.panel(one.deliveries, protocol, width=width)
            for protocol, form in SPECIMENS.items()
            for one in told
            if protocols.get(one.change) == protocol and protocol in one.protocols
        ]
        self._console.print(Columns([*panels[:1], Group(*panels[1:])]) if side_by_side else Group(*panels))

    def everything(self, told: Sequence[Received]) -> None:
        """Every alert in every form, the same form once however many recipients it has."""
        for one in told:
            word = word_of(one.envelope["detail"])
            title = Text.assemble((word, f"bold {COLOURS[word]}"), f" {one.envelope['detail']['summary']}")
            self._console.print(Rule(title, style=COLOURS[word], align="left"))
            for protocol, form in FORMS.items():
                if protocol in one.protocols:
                    self._console.print(form.panel(one.deliveries, protocol, width=MOST_WIDTH))

    def table(self, told: Sequence[Received], expected: Sequence[Expected]) -> None:
        """What changed, what was told, and after how long."""
        grid = Table(title="What changed, and what was told", title_justify="left")
        for heading in ("about", "what", "severity", "told", "after"):
            grid.add_column(heading)
        for change in list(expected) + [one.change for one in told if one.change not in expected]:
            times = [one for one in told if one.change == change]
            ok = len(times) == 1 and change in expected
            seconds = times[0].seconds if times else None
            how_often = ("once, and again" if times[0].copies > 1 else "once") if ok else f"{len(times)} times"
            grid.add_row(
                change.about,
                change.what,
                Text(change.severity, style=COLOURS[change.severity.upper()]),
                Text(how_often, style="green" if ok else "bold red"),
                "—" if seconds is None else f"{seconds:.1f} s",
            )
        self._console.print(grid)

    def verdict(self, told: Sequence[Received], problems: Sequence[str]) -> None:
        """Whether all went as it must."""
        for problem in problems:
            self._console.print(Text.assemble(("✗", "bold red"), f" {problem}"))
        if not problems:
            delays = [one.seconds for one in told if one.seconds is not None]
            median, longest = statistics.median(delays), max(delays)
            self.say(
                f"[bold green]✓[/] {len(told)} alerts, each told once to all who should hear it; that e-mail twice.\n"
                f"  From a change to its first reader: {median:.1f} s (median), {longest:.1f} s (longest).\n"
                f"  No role was refused anything. {self.seconds:.0f} s in all."
            )


@dataclass(frozen=True, slots=True)
class _Form:
    title: str
    render: Callable[[Delivery, str], RenderableType]
    """Is given one of the deliveries, which are alike, and to whom they went."""

    def panel(self, deliveries: Sequence[Delivery], protocol: str, *, width: int) -> Panel:
        """What the readers of this protocol see."""
        sent = [delivery for delivery in deliveries if delivery.protocol == protocol]
        to = ", ".join(dict.fromkeys(delivery.endpoint for delivery in sent))
        return Panel(self.render(sent[0], to), title=self.title, title_align="left", width=width)


def _email(delivery: Delivery, to: str) -> Group:
    head = Text.assemble(("To: ", "dim"), f"{to}\n", ("Subject: ", "dim"), (delivery.subject, "bold"), "\n")
    return Group(head, Text(delivery.body.rstrip()))


def _card(delivery: Delivery, _to: str) -> Text:
    card = json.loads(delivery.body)["content"]
    steps = "".join(f"\n• {step}" for step in card.get("nextSteps", []))
    keywords = "  ".join(card.get("keywords", []))
    return Text.assemble((card["title"], "bold"), f"\n\n{card['description']}\n{steps}\n\n", (keywords, "dim"))


def _envelope(delivery: Delivery, _to: str) -> Text:
    return _json(json.loads(delivery.body))


def _chief_fields(delivery: Delivery, _to: str) -> Text:
    envelope = json.loads(delivery.body)
    detail = {name: value for name, value in envelope["detail"].items() if name in CHIEF_FIELDS}
    return _json({**{name: envelope[name] for name in ("id", "detail-type", "source", "time")}, "detail": detail})


def _json(value: Mapping[str, Any]) -> Text:
    return Text(json.dumps(value, indent=1, ensure_ascii=False))


FORMS: Final = {
    "email": _Form("an e-mail", _email),
    "https": _Form("a card in Slack or Teams, by Amazon Q", _card),
    JSON_RECIPIENT: _Form("JSON for queues, functions and webhooks", _envelope),
}
"""By protocol, in the order in which they are shown."""
SPECIMENS: Final = {
    **FORMS,
    JSON_RECIPIENT: _Form("JSON for queues, functions and webhooks: the chief fields", _chief_fields),
}
