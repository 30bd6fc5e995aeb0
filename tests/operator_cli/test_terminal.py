"""Whatever stands in a name, a reason or an answer, it reaches a terminal as text that does nothing."""

import io
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from click.testing import CliRunner
from rich.panel import Panel
from rich.text import Text

from journey_watch import contract
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, JourneyState, RecordedRun, Status
from journey_watch.core.transitions import StateChange
from journey_watch.store.items import mute_item
from operator_cli.__main__ import main
from operator_cli.terminal import Terminal, say
from tests.messages.alert_builders import alert
from tests.operator_cli.account import LANE, REGION, Account

EVIL: Final = "\x1b]0;title\x07\x1b[31mred\x1b[2J\x9b5A\r\b\x7f\u202egnp.exe\u2066\u200b\u2028x[bold]y[/]\t"


def assert_harmless(text: str) -> None:
    left = {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Cs")} - {"\n"}
    assert left == set(), ascii(text)


def test_text_that_is_printed_keeps_its_lines_and_nothing_that_acts(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"error: {EVIL}\nnext", err=True)
    said = capsys.readouterr().err
    assert_harmless(said)
    assert said.endswith("\nnext\n")


def test_on_a_terminal_its_own_colours_alone_reach_it() -> None:
    out = io.StringIO()
    terminal = Terminal(file=out, force_terminal=True, color_system="standard", width=200)
    terminal.print(Panel(Text(EVIL, "red")), EVIL, markup=False, highlight=False)
    shown = out.getvalue()
    assert "\x1b[31m" in shown
    assert_harmless(shown.replace("\x1b[31m", "").replace("\x1b[0m", ""))


@pytest.fixture
def hostile(account: Account) -> Account:
    """A deployment in which whoever could write a text has written an evil one."""
    now = datetime.now(UTC)
    key = JourneyKey("shop", "evil")
    stuck = Condition(ConditionKind.STUCK, EVIL, now - timedelta(hours=2), EVIL, opened_at=now)
    runs = {EVIL: RecordedRun(Status.RUNNING, now, now)}
    state = JourneyState(
        version=1, runs=runs, baselined_at=now, journey_name=f"evil {EVIL}", conditions={stuck.key: stuck}
    )
    told = alert(lane=LANE, journey=key, run_id=f"run {EVIL}", name=EVIL)
    account.store.commit(LANE, StateChange(key, 0, state), [told], [], now)
    until = now + timedelta(hours=1)
    account.put_mute(mute_item(Mute(id=f"m{EVIL}", until=until, reason=EVIL, set_by=EVIL, identity=EVIL)))
    odd = mute_item(Mute(id=f"odd{EVIL}", until=until))
    account.put_mute({**odd, "mute": {"S": "?"}})
    account.configured_mutes = [Mute(id="c", until=until, reason=EVIL, set_by=EVIL)]
    account.make_unreachable(EVIL)
    account.forget_polls()
    account.log(contract.LOG_POLL_FAILED, reason=EVIL)
    return account


COMMANDS: Final = (
    ["doctor"],
    ["status"],
    ["mutes"],
    ["explain", "{alert}"],
    ["ack", "{alert}"],
    ["explain", EVIL],
    ["ack", EVIL],
    ["mute", "r", "--for", "1h", "--reason", EVIL, "--journey", "evil*"],
    ["mute", "r", "--for", "1h", "--reason", "r", "--yes"],
    ["mute", "r", "--for", "1h", "--reason", "r"],
    ["mute", "r", "--for", "1h", "--reason", "r", "--journey", EVIL],
    ["mute", "r", "--for", EVIL, "--reason", "r"],
    ["unmute", EVIL],
    ["routes", "test", "{alert}"],
    ["routes", "test", "--when", EVIL],
    ["routes", "test", "--when", "STUCK", "--name", EVIL, "--journey", EVIL],
    ["--stack", EVIL, "status"],
)


@pytest.mark.parametrize("as_json", [False, True], ids=["table", "json"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words)[:30].encode("unicode_escape").decode())
def test_no_command_prints_what_acts_on_a_terminal(hostile: Account, command: list[str], *, as_json: bool) -> None:
    (told,) = (each.id for each in hostile.store.history(LANE, datetime(2000, 1, 1, tzinfo=UTC)).alerts)
    words = [word.replace("{alert}", told) for word in command]
    options = ["--region", REGION, *(["--json"] if as_json else [])]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(main, [*options, *words], input="y\n")
    assert isinstance(result.exception, SystemExit | None), result.exc_info
    assert_harmless(result.output)
    assert_harmless(result.stderr)
