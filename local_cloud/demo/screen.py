"""How the demo shows alerts: as their recipients see them, and as a table."""

import json
from collections.abc import Sequence

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from local_cloud.demo.received import JSON_RECIPIENT, Expected, Received
from local_cloud.inbox import Delivery

COLOURS = {"info": "green", "warning": "yellow", "critical": "red"}


def show(console: Console, told: Received) -> None:
    """One alert in every form, the same form once however many recipients it has."""
    detail = told.envelope["detail"]
    colour = COLOURS[told.change.severity]
    title = f"[bold {colour}]{told.change.severity.upper()}[/] {escape(detail['summary'])}"
    console.print(Rule(title, style=colour, align="left"))
    forms = {delivery.protocol: delivery for delivery in told.deliveries}
    recipients: dict[str, list[str]] = {}
    for delivery in told.deliveries:
        recipients.setdefault(delivery.protocol, []).append(delivery.endpoint)
    for protocol, render in (("email", _email), ("https", _card), (JSON_RECIPIENT, _json)):
        if protocol in forms:
            console.print(render(forms[protocol], ", ".join(recipients[protocol])))


def _email(delivery: Delivery, to: str) -> Panel:
    head = Text.assemble(("To: ", "dim"), f"{to}\n", ("Subject: ", "dim"), (delivery.subject, "bold"), "\n")
    return Panel(Group(head, Text(delivery.body)), title="e-mail", title_align="left", width=96)


def _card(delivery: Delivery, _to: str) -> Panel:
    card = json.loads(delivery.body)["content"]
    steps = "".join(f"\n• {step}" for step in card.get("nextSteps", []))
    keywords = "  ".join(card.get("keywords", []))
    text = Text.assemble((card["title"], "bold"), f"\n\n{card['description']}\n{steps}\n\n", (keywords, "dim"))
    return Panel(text, title="chat card (Amazon Q in Slack)", title_align="left", width=96)


def _json(delivery: Delivery, _to: str) -> Panel:
    return Panel(
        Text(json.dumps(json.loads(delivery.body), indent=1, ensure_ascii=False)),
        title="JSON (queues, functions, webhooks)",
        title_align="left",
        width=96,
    )


def table(told: Sequence[Received], expected: Sequence[Expected]) -> Table:
    """What changed, what was told, and after how long."""
    grid = Table(title="What changed, and what was told", title_justify="left")
    for heading in ("about", "what", "severity", "told", "after"):
        grid.add_column(heading)
    for change in list(expected) + [one.change for one in told if one.change not in expected]:
        times = [one for one in told if one.change == change]
        ok = len(times) == 1 and change in expected
        seconds = times[0].seconds if times else None
        grid.add_row(
            change.about,
            change.what,
            Text(change.severity, style=COLOURS[change.severity]),
            Text("once" if ok else f"{len(times)} times", style="green" if ok else "bold red"),
            "—" if seconds is None else f"{seconds:.1f} s",
        )
    return grid
