"""Messages that wait: as long as they are told, and no failure to tell them stops anything."""

import json

from journey_watch.aws.clients import sqs_client
from journey_watch.channels.slack.queue import SqsQueue
from tests.aws.doubles import ScriptedAnswers, session

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
