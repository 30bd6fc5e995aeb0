"""The function behind the dashboard's widget."""

import json
from collections.abc import Iterator

from journey_watch import contract
from verify_aws.findings import Finding, failed, ok
from verify_aws.verification import Verification


def find(verification: Verification) -> Iterator[Finding]:
    """Invoked as CloudWatch does, it answers HTML."""
    functions = verification.surroundings.client("lambda")
    names = [
        name
        for name in verification.of_type("AWS::Lambda::Function")
        if functions.get_function_configuration(FunctionName=name)["Handler"] == contract.WIDGET_HANDLER
    ]
    if len(names) != 1:
        yield failed("widget", f"The stack has {len(names)} functions for its widget, not one.")
        return
    answer = functions.invoke(FunctionName=names[0], Payload=b"{}")
    html = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        yield failed("widget", f"The widget's function failed: {html.get('errorMessage', html)}")
    elif isinstance(html, str) and "<" in html:
        yield ok("widget", f"The widget's function answered {len(html)} characters of HTML.")
    else:
        yield failed("widget", f"The widget's function answered no HTML but {str(html)[:100]!r}.")
