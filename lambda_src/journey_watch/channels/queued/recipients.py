"""Which recipient each queue belongs to.

The environment names the queues, which only a deployment knows; the bundle describes their recipients. So names of
secrets and URLs do not count towards the 4 KB that Lambda allows for all variables of a function.
"""

from collections.abc import Mapping
from typing import Any

from journey_watch.core.errors import ConfigurationError


def queue_arns(text: str) -> dict[str, str]:
    """Return the ARN of each queue, by the id of its recipient.

    `text` is a variable's value: the ARNs' common beginning, and `ID=QUEUE` for each queue, with spaces between. Raises
    ValueError if it is anything else.
    """
    beginning, *queues = text.split()
    pairs = (queue.partition("=") for queue in queues)
    arns = {id_: beginning + name for id_, separator, name in pairs if separator}
    if len(arns) != len(queues):
        raise ValueError(f"no list of queues: {text}")
    return arns


def recipients_by_queue(
    env: Mapping[str, str], variable: str, described: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what a function must know of the recipient of each queue, by the queue's ARN.

    `described` is `WatchConfig.queued`. A queue whose recipient the bundle does not describe is left out: while a stack
    is updated, environment and bundle may be of two deployments. Raises ConfigurationError if the variable is missing
    or unreadable.
    """
    if not env.get(variable):
        raise ConfigurationError(f"The function's environment lacks {variable}; deploy the stack again.")
    try:
        arns = queue_arns(env[variable])
    except ValueError as error:
        raise ConfigurationError(f"{variable} in the function's environment is {error}; deploy again.") from error
    of_kind = described.get(variable, {})
    return {arn: of_kind[id_] for id_, arn in arns.items() if id_ in of_kind}
