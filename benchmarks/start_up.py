"""The work of a cold start.

`import boto3` and three clients from the installed packages, against the deployed bundle's handler with its poller and
the same three clients.
"""

import json
from typing import Final

import click

from benchmarks.effort import UNIT, effort
from benchmarks.parsing import ENVIRONMENT
from infra.bundle import ROOT, build_bundle
from journey_watch import contract
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig

NOTHING: Final = "pass"
REFERENCE: Final = """
import boto3
session = boto3.Session()
for service in ("pinpoint", "dynamodb", "sns"):
    session.client(service)
"""
HANDLER: Final = """
from journey_watch.entrypoints import poll_handler
poller = poll_handler.poller()
for lane, targets in poller._targets.items():
    poller._source(lane, targets)  # as its first poll does
"""
SETTINGS: Final = {
    contract.ENV_STATE_TABLE: "state",
    contract.ENV_ALERT_TOPIC: "arn:aws:sns:eu-west-1:111122223333:alerts",
    contract.ENV_ALERT_MAIL_TOPIC: "arn:aws:sns:eu-west-1:111122223333:alert-mail",
    contract.ENV_OPS_TOPIC: "arn:aws:sns:eu-west-1:111122223333:ops",
    contract.ENV_OPS_MAIL_TOPIC: "arn:aws:sns:eu-west-1:111122223333:ops-mail",
    contract.ENV_ACCOUNT: "111122223333",
    contract.ENV_REGION: "eu-west-1",
    contract.ENV_SERVICE: "journey-watch",
    contract.ENV_METRICS_NAMESPACE: contract.METRICS_NAMESPACE,
    contract.ENV_CHAT_TOPICS: json.dumps({}),
}


@click.command(help=__doc__)
def start_up() -> None:
    bundle = build_bundle(WatchConfig(watch=(WatchTarget("pinpoint", "*"),)), build_directory=ROOT / ".build")
    python = effort("-c", NOTHING, env={})
    reference = effort("-c", REFERENCE, env=ENVIRONMENT) - python
    ours = effort("-c", HANDLER, env={**ENVIRONMENT, **SETTINGS, "PYTHONPATH": str(bundle.path)}) - python
    click.echo(f"{UNIT}: boto3 and three clients {reference:.4g}, handler {ours:.4g}, ratio {ours / reference:.2f}")
