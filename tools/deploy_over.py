"""Deploys this checkout over an earlier REVISION (the newest tag) with live state, and that over it again.

All of it is in one local cloud, with the unchanged stacks: the earlier revision is cloned and synthesized by its own
code. Each deployment over another finds a run that is known to run, and one whose beginning a dead invocation owes;
both end after it. Nothing may be lost, repeated or out of order.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from local_cloud.cloud import LocalCloud
from local_cloud.errors import LocalCloudError
from local_cloud.fault_proxy import Harm
from local_cloud.inbox import Delivery
from local_cloud.progress import Progress
from local_cloud.toolchain import ACCOUNT, CHECKOUT
from tests.integration.deployed_poller import SERVICES, DeployedPoller

CONFIG: Final = """
name = "deploy-over"
keep_data = false
[[watch]]
provider = "pinpoint"
application_id = "*"
[alerts]
email = [{ to = "everyone@example.com", min_severity = "info" }]
"""
SCENARIO: Final = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
"""
NEITHER: Final[dict[str, Any]] = {"detail": {}}
"""Stands for a mail about what the queue was not told."""
JOURNEY: Final = {"application": "shop", "journey": "welcome"}


class NotDeployedError(Exception):
    """A revision is not there, or cannot be synthesized."""


class NotPolledError(Exception):
    """What is deployed cannot poll, or could not do a part of it."""


@click.command(help=__doc__)
@click.argument("revision", required=False)
def main(revision: str | None) -> None:
    """Print what is done, and then what was told; end with 1 if that is wrong, with 2 if it could not be found out."""
    try:
        with cloned(revision or newest_tag()) as earlier:
            wrong = play(earlier)
    except NotPolledError as error:
        wrong = [str(error)]
    except (LocalCloudError, NotDeployedError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    click.echo("\n".join(wrong) or "Nothing was lost, repeated or out of order.")
    sys.exit(1 if wrong else 0)


def newest_tag() -> str:
    tags = git("-C", str(CHECKOUT), "tag", "--sort=-creatordate").split()
    if not tags:
        raise NotDeployedError("Nothing is tagged yet: name the revision to deploy over, as git knows it.")
    return tags[0]


@contextmanager
def cloned(revision: str) -> Iterator[Path]:
    """The revision, checked out in a directory that is removed at the end."""
    commit = git("-C", str(CHECKOUT), "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="journey-watch-clone-") as directory:
        clone = Path(directory) / "journey-watch"
        git("clone", "--quiet", "--no-checkout", str(CHECKOUT), str(clone))
        git("-C", str(clone), "checkout", "--quiet", "--detach", commit)
        click.echo(f"Over {revision}: " + git("-C", str(clone), "log", "-1", "--format=%h of %cs, %s"))
        yield clone


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - our own words, the git of whoever calls
    if done.returncode != 0:
        raise NotDeployedError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def play(earlier: Path) -> list[str]:
    """What was wrong with what recipients were told, a line each."""
    with tempfile.TemporaryDirectory(prefix="journey-watch-over-") as directory:
        files = Path(directory)
        config, scenario = files / "config.toml", files / "scenario.toml"
        config.write_text(CONFIG, encoding="utf-8")
        scenario.write_text(SCENARIO, encoding="utf-8")
        then = synthesized(earlier, config, files / "then")
        now = synthesized(CHECKOUT, config, files / "now")
        # At the true speed the schedules are off before they fire.
        with LocalCloud.start(scenario=scenario, speed=1, proxied=SERVICES, report=say) as cloud:
            cloud.deploy(app=then)
            with DeployedPoller.within(cloud) as poller:
                poll(poller)
                deploy_over_what_lives(poller, now, "now")
                deploy_over_what_lives(poller, then, "back")
                return what_is_wrong(cloud.inbox.deliveries())


def deploy_over_what_lives(poller: DeployedPoller, assembly: Path, name: str) -> None:
    """Over a run that is known to run, and one whose beginning a dead invocation owes; then let both end."""
    runs = [f"running-{name}", f"owed-{name}"]
    poller.control("POST", "/events", {"kind": "run_starts", "run": runs[0], **JOURNEY})
    poll(poller)
    poller.control("POST", "/events", {"kind": "run_starts", "run": runs[1], **JOURNEY})
    with poller.held(poller.sns, "PublishBatch", Harm.DROP_REQUEST):
        poller.kill()
    poller.mend()
    poller.cloud.deploy(app=assembly)
    poller.switch_schedules_off()
    click.echo(f"deployed {name}: the poller's code is {poller.code_digest}")
    poller.let_leases_end()
    poll(poller)
    for run in runs:
        poller.control("POST", "/events", {"kind": "run_status", "run": run, "status": "COMPLETED", **JOURNEY})
    poll(poller)
    poller.let_leases_end()
    poll(poller)


def poll(poller: DeployedPoller) -> None:
    answer = poller.poll()
    if answer.failed or answer.body.get("SideTasksFailed"):
        raise NotPolledError(f"A poll failed: {json.dumps(answer.body)}")


def what_is_wrong(deliveries: Sequence[Delivery]) -> list[str]:
    """A line for each run of which a recipient was told anything but that it began and ended."""
    to_a_queue = [json.loads(one.body) for one in deliveries if one.protocol == "sqs"]
    envelopes = {envelope["id"]: envelope for envelope in to_a_queue}
    mails = [one.body for one in deliveries if one.protocol == "email"]
    by_mail = [next((envelopes[id_] for id_ in envelopes if id_ in mail), NEITHER) for mail in mails]
    expected = {
        f"{state}-{name}": ["RUNNING", "COMPLETED"] for state in ("running", "owed") for name in ("now", "back")
    }
    wrong = []
    for recipient, received in (("A queue", to_a_queue), ("A person", by_mail)):
        stories: dict[str, list[str]] = {run: [] for run in expected}
        for envelope in received:
            detail = envelope["detail"]
            stories.setdefault(detail.get("run_id", "something else"), []).append(detail.get("status", "?"))
        wrong += [
            f"{recipient} was told of {run}: {', '.join(story) or 'nothing'}"
            for run, story in stories.items()
            if story != expected.get(run)
        ]
    return wrong


def synthesized(checkout: Path, config: Path, assembly: Path) -> Path:
    """What the checkout's own app.py makes of the configuration, with this interpreter."""
    click.echo(f"synthesizing {checkout}")
    context = json.loads((checkout / "cdk.json").read_text(encoding="utf-8"))["context"] | {"config": str(config)}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=checkout,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(checkout), str(checkout / "lambda_src")]),
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": "eu-west-1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotDeployedError(f"{checkout} cannot be synthesized: {done.stderr.strip()}")
    return assembly


def say(progress: Progress) -> None:
    if progress.seconds is not None:
        click.echo(f"{progress.step:<12}{progress.seconds:6.1f} s")


if __name__ == "__main__":
    main()
