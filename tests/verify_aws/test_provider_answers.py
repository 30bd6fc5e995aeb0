"""What a provider's refusal means: a service that is not in use is no failure, an answer nobody can read is one."""

import pytest

from journey_watch.aws.errors import BROKEN_ANSWER
from journey_watch.core.errors import SourceError
from verify_aws.findings import Verdict
from verify_aws.provider_answers import refused


@pytest.mark.parametrize(
    ("problem", "verdict", "words"),
    [
        (SourceError("ended", code="Gone", absent=True), Verdict.OK, "not in use here"),
        (SourceError("no", code="AccessDenied", denied=True), Verdict.NOT_CHECKED, "your own credentials may not"),
        (SourceError("slow", code="ReadTimeoutError"), Verdict.NOT_CHECKED, "no answer that says anything"),
        (SourceError("odd", code=BROKEN_ANSWER), Verdict.FAILED, "what Journey Watch cannot read"),
    ],
)
def test_a_refusal_is_told_for_what_it_is(problem: SourceError, verdict: Verdict, words: str) -> None:
    finding = refused("GetApps", problem)

    assert finding.verdict is verdict
    assert words in finding.text
    assert str(problem) in finding.text
