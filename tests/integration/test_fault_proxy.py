"""The proxy between functions and MiniStack: what it breaks, and what it counts."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local_cloud.cloud import LocalCloud
from local_cloud.emf_bridge import EmfBridge
from local_cloud.fault_proxy import Fault, FaultProxy, Harm
from local_cloud.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.integration


@pytest.fixture
def proxy(probe: LocalCloud) -> Iterator[FaultProxy]:
    """The proxy before DynamoDB, with nothing counted. The scheduled function uses it too, every two seconds."""
    proxy = probe.faults["dynamodb"]
    proxy.clear()
    yield proxy
    proxy.clear()


@pytest.fixture
def dynamodb(probe: LocalCloud, proxy: FaultProxy) -> "DynamoDBClient":
    """A client whose calls go through the proxy, as the functions' do."""
    client: DynamoDBClient = probe.client("dynamodb", endpoint=proxy.url)
    return client


def put(dynamodb: "DynamoDBClient", probe: LocalCloud, name: str) -> None:
    dynamodb.put_item(TableName=probe.outputs["TableName"], Item={"pk": {"S": "proxy"}, "sk": {"S": name}})


def is_there(probe: LocalCloud, name: str) -> bool:
    key = {"pk": {"S": "proxy"}, "sk": {"S": name}}
    return "Item" in probe.client("dynamodb").get_item(TableName=probe.outputs["TableName"], Key=key)


def test_a_dropped_request_never_happened(probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient") -> None:
    proxy.inject(Fault("PutItem", Harm.DROP_REQUEST))
    with pytest.raises(ConnectionClosedError):
        put(dynamodb, probe, "dropped")
    assert not is_there(probe, "dropped")


def test_a_dropped_answer_has_happened(probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient") -> None:
    proxy.inject(Fault("PutItem", Harm.DROP_ANSWER))
    with pytest.raises(ConnectionClosedError):
        put(dynamodb, probe, "unanswered")
    assert is_there(probe, "unanswered")


def test_a_dropped_answer_can_wait_once_the_service_has_done_it(
    probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient"
) -> None:
    gate = Event()
    fault = Fault("PutItem", Harm.DROP_ANSWER, until=gate)
    proxy.inject(fault)
    with ThreadPoolExecutor() as threads:
        putting = threads.submit(put, dynamodb, probe, "done and not answered")
        eventually(fault.reached.is_set)
        assert is_there(probe, "done and not answered")
        assert not putting.done()
        gate.set()
        assert isinstance(putting.exception(), ConnectionClosedError)


def test_a_fault_leaves_alone_as_many_calls_as_it_was_told(
    probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient"
) -> None:
    proxy.inject(Fault("PutItem", Harm.DROP_REQUEST, after=1))
    put(dynamodb, probe, "the first")
    with pytest.raises(ConnectionClosedError):
        put(dynamodb, probe, "the second")
    assert is_there(probe, "the first")
    assert not is_there(probe, "the second")


def test_a_fault_hits_as_many_calls_as_it_was_told_and_retries_count(
    probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient"
) -> None:
    proxy.inject(Fault("PutItem", Harm.ERROR, status=503, times=2))
    put(dynamodb, probe, "third time lucky")
    harms = [call.harm for call in proxy.calls if call.operation == "PutItem" and call.harm]
    assert harms == [Harm.ERROR, Harm.ERROR]
    assert is_there(probe, "third time lucky")


def test_an_error_can_speak_the_services_language(
    probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient"
) -> None:
    body = json.dumps({"__type": "TransactionConflictException", "message": "as asked"}).encode()
    proxy.inject(Fault("PutItem", Harm.ERROR, status=400, body=body))
    with pytest.raises(ClientError, match="TransactionConflictException"):
        put(dynamodb, probe, "conflict")


def test_a_delay_is_only_a_delay(probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient") -> None:
    proxy.inject(Fault("PutItem", delay=0.5))
    start = time.monotonic()
    put(dynamodb, probe, "late")
    assert time.monotonic() - start >= 0.5
    assert is_there(probe, "late")


def test_other_operations_pass(probe: LocalCloud, proxy: FaultProxy, dynamodb: "DynamoDBClient") -> None:
    proxy.inject(Fault("DeleteItem", Harm.ERROR))
    put(dynamodb, probe, "spared")
    assert is_there(probe, "spared")


def test_calls_of_functions_are_counted_and_measured(probe: LocalCloud, proxy: FaultProxy) -> None:
    function = probe.outputs["FunctionName"]
    probe.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"lane": "x" * 1000}).encode())
    assert proxy.counts["PutItem"] >= 1
    assert max(call.size for call in proxy.calls) > 1000


def test_query_and_rest_protocols_are_counted_by_operation_too(probe: LocalCloud) -> None:
    with FaultProxy.before(probe.endpoint) as proxy:
        probe.client("sns", endpoint=proxy.url).list_topics()
        probe.client("cloudwatch", endpoint=proxy.url).describe_alarms()
        assert proxy.counts == {"ListTopics": 1, "DescribeAlarms": 1}


def test_the_metrics_a_function_logs_become_metrics_once(probe: LocalCloud) -> None:
    bridge = EmfBridge(probe, probe.outputs["FunctionName"])
    probe.client("lambda").invoke(FunctionName=probe.outputs["FunctionName"], Payload=b"{}")
    assert bridge.carry() > 0
    metrics = probe.client("cloudwatch").list_metrics(Namespace="Probe")["Metrics"]
    assert [(metric["MetricName"], metric["Dimensions"]) for metric in metrics] == [
        ("Calls", [{"Name": "service", "Value": "probe"}])
    ]
