"""Messages that wait: as long as they are told, and no failure to tell them stops anything."""

import json

import pytest
from hypothesis import given

from journey_watch.aws.clients import sqs_client
from journey_watch.channels.queued.queue import SqsQueue
from tests.aws.doubles import ScriptedAnswers, do_not_wait_between_retries, session
from tests.aws.hostile_answers import hostile

URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/slack"


def test_a_message_is_hidden_for_so_many_seconds() -> None:
    client = sqs_client(session())
    script = ScriptedAnswers((200, b"{}")).attach(client)

    SqsQueue(client).postpone(URL, "receipt", 40)

    (request,) = script.requests
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == {"QueueUrl": URL, "ReceiptHandle": "receipt", "VisibilityTimeout": 40}


def test_a_refusal_is_not_an_error() -> None:
    client = sqs_client(session())
    ScriptedAnswers((400, b'{"__type": "ReceiptHandleIsInvalid"}')).attach(client)

    SqsQueue(client).postpone(URL, "receipt", 40)


@given(answer=hostile({"ok": []}))
def test_no_answer_is_an_error(answer: tuple[int, bytes]) -> None:
    client = sqs_client(session())
    ScriptedAnswers(answer).attach(client)

    with pytest.MonkeyPatch.context() as patch:
        do_not_wait_between_retries(patch)
        SqsQueue(client).postpone(URL, "receipt", 40)
