"""The poller that tutorials teach: one call after another, one item per run, default clients. The yardstick."""

import boto3


class TextbookPoller:
    """Remembers each run's status by itself and publishes what differs. It may lose alerts; it is no example."""

    def __init__(self, session: boto3.Session, *, table: str, topic_arn: str, application_id: str) -> None:
        self._pinpoint = session.client("pinpoint")
        self._dynamodb = session.client("dynamodb")
        self._sns = session.client("sns")
        self._table = table
        self._topic_arn = topic_arn
        self._application_id = application_id

    def poll(self, journey_ids: list[str]) -> None:
        for journey_id in journey_ids:
            token: dict[str, str] = {}
            while True:
                answer = self._pinpoint.get_journey_runs(
                    ApplicationId=self._application_id,
                    JourneyId=journey_id,
                    PageSize="200",
                    **token,
                )["JourneyRunsResponse"]
                for run in answer["Item"]:
                    self._compare(journey_id, run["RunId"], run["Status"])
                if "NextToken" not in answer:
                    break
                token = {"Token": answer["NextToken"]}

    def _compare(self, journey_id: str, run_id: str, status: str) -> None:
        key = {"id": {"S": f"{journey_id}#{run_id}"}}
        known = self._dynamodb.get_item(TableName=self._table, Key=key).get("Item")
        if known and known["status"]["S"] == status:
            return
        self._dynamodb.put_item(TableName=self._table, Item={**key, "status": {"S": status}})
        if known:
            text = f"Run {run_id} of journey {journey_id} went from {known['status']['S']} to {status}."
            self._sns.publish(TopicArn=self._topic_arn, Subject=f"Journey run {status}", Message=text)
