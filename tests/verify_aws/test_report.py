"""The report can be sent to strangers: it names no account and nobody's address, unless that is asked for."""

import json

import pytest

from verify_aws.findings import failed, not_checked, ok
from verify_aws.report import summary, to_json

FINDINGS = [
    ok("account", "Account 111122223333, Region eu-west-1."),
    failed("roles", "Denied.", role="arn:aws:iam::111122223333:role/Poller", said="ask ops@example.com"),
    not_checked("alarm", "Why it was not.", seen=["2026-11-24"]),
]


@pytest.mark.parametrize("redact", [True, False])
def test_account_ids_and_addresses_are_hidden_wherever_they_stand(*, redact: bool) -> None:
    text = to_json(FINDINGS, {"region": "eu-west-1"}, redact=redact)

    assert ("111122223333" not in text) is redact
    assert ("ops@example.com" not in text) is redact
    assert "arn:aws:iam::" in text
    assert "2026-11-24" in text


def test_the_report_counts_what_it_found() -> None:
    report = json.loads(to_json(FINDINGS, {"exit_code": 1}, redact=True))

    assert report["counts"] == {"ok": 1, "failed": 1, "not checked": 1}
    assert report["exit_code"] == 1
    assert [each["verdict"] for each in report["findings"]] == ["ok", "failed", "not checked"]
    assert summary(FINDINGS) == "1 ok, 1 failed, 1 not checked"
