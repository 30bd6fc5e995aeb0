"""Whatever happens on the way, the stack is taken away, and what was seen until then is told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.verify_aws.account import Account
from tests.verify_aws.clock import Clock
from verify_aws.findings import Finding, Verdict
from verify_aws.run import STEPS, Run
from verify_aws.surroundings import CannotRunError, DeploymentFailedError, Surroundings


@pytest.fixture
def account() -> Account:
    return Account()


def perform(
    surroundings: Surroundings, findings: list[Finding], *, begin: Callable[[str], object] = str, keep: bool = False
) -> None:
    waiting = Clock().waiting()
    Run(surroundings=surroundings, waiting=waiting, tell=findings.append, begin=begin, keep=keep).perform()


def verdicts(findings: list[Finding]) -> dict[str, Verdict]:
    return {each.about: each.verdict for each in findings}


def test_a_step_that_cannot_go_on_is_a_failure_and_the_others_have_their_turn(account: Account) -> None:
    findings: list[Finding] = []

    perform(account.surroundings(), findings)

    broken = [each.about for each in findings if "could not be looked at to its end" in each.text]
    assert {"the roles", "a test alert", "the dashboard"} <= set(broken) <= set(STEPS)
    assert verdicts(findings)["destroy"] is Verdict.OK
    assert account.stack is None


def test_an_interrupted_run_takes_its_stack_away(account: Account) -> None:
    findings: list[Finding] = []

    def interrupt(step: str) -> None:
        if step == "the roles":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(account.surroundings(), findings, begin=interrupt)

    assert verdicts(findings)["interrupted"] is Verdict.NOT_CHECKED
    assert verdicts(findings)["destroy"] is Verdict.OK
    assert account.stack is None


def test_what_a_failed_deployment_left_is_taken_away(account: Account) -> None:
    findings: list[Finding] = []

    def half() -> None:
        account.deploy()
        raise DeploymentFailedError("CREATE_FAILED")

    perform(replace(account.surroundings(), deploy=half), findings)

    assert verdicts(findings)["deploy"] is Verdict.FAILED
    assert account.stack is None


def test_a_kept_stack_stays_and_the_report_says_how_it_goes(account: Account) -> None:
    findings: list[Finding] = []

    perform(account.surroundings(), findings, keep=True)

    assert account.stack
    assert findings[-1].text.endswith("aws cloudformation delete-stack --stack-name journey-watch-verify")


def test_a_stack_that_is_there_already_is_not_touched(account: Account) -> None:
    account.deploy()
    findings: list[Finding] = []

    with pytest.raises(CannotRunError, match="There is a stack journey-watch-verify already"):
        perform(account.surroundings(), findings)

    assert findings == []
    assert account.stack
