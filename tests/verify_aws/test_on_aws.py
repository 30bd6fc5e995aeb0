"""What `make verify-aws` says where the account cannot be asked."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify_aws.__main__ import main


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """The command takes them for its process, which is the other tests' too here."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        # Nobody listens on port 1.
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AWS does not answer (Could not connect to the endpoint URL"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "AWS cannot be asked (Invalid endpoint: nonsense)"),
        ({"AWS_ACCESS_KEY_ID": ""}, "There are no AWS credentials here. Log in, or name a profile with --profile."),
        ({"AWS_PROFILE": "nope"}, 'Your AWS configuration has no profile "nope"'),
        ({"AWS_DEFAULT_REGION": "eu_west"}, '"eu_west" is no Region; name one like eu-west-1 with --region.'),
        ({"AWS_DEFAULT_REGION": ""}, "No AWS Region is chosen: set AWS_REGION (--region), or name a profile"),
        ({"AWS_REGION": "eu-west-2"}, 'AWS_REGION is "eu-west-2" and AWS_DEFAULT_REGION is "eu-west-1"; the AWS CLI'),
        ({"AWS_DEFAULT_REGION": "", "AWS_REGION": "eu_west"}, '"eu_west" is no Region; name one like eu-west-1 with'),
    ],
)
def test_an_account_that_cannot_be_asked_is_told_apart_from_one_that_refuses(
    environment: dict[str, str], expected: str
) -> None:
    usual = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_DEFAULT_REGION": "eu-west-1"}
    nowhere = {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PROFILE": None,
        "AWS_DEFAULT_PROFILE": None,
        "AWS_REGION": None,
    }
    result = CliRunner(env={**nowhere, **usual, **environment}).invoke(main, ["--yes"])

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {expected}")
    assert len(result.stderr.splitlines()) == 1


def test_a_report_that_could_not_be_written_is_refused_before_half_an_hour_has_gone_by(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--json", str(tmp_path / "gone" / "report.json")])

    assert result.exit_code == 2
    assert "Invalid value for '--json': " in result.stderr
    assert "is no directory" in result.stderr
