"""A graph's rows, asked for as CloudWatch itself asks for them."""

from verify_aws.dashboard import metric_queries

GRAPH = {
    "period": 60,
    "stat": "Sum",
    "metrics": [
        ["JourneyWatch", "Throttles", "service", "jw", "lane", "a/b/c"],
        [{"expression": "SUM(SEARCH('{A} b', 'Sum', 300))", "id": "e1", "label": "all"}],
        ["AWS/Lambda", "Duration", {"stat": "p99", "period": 3600, "id": "d"}],
    ],
}


def test_metrics_and_expressions_are_asked_for_in_the_graphs_own_terms() -> None:
    first, expression, last = metric_queries(GRAPH)

    dimensions = [{"Name": "service", "Value": "jw"}, {"Name": "lane", "Value": "a/b/c"}]
    metric = {"Namespace": "JourneyWatch", "MetricName": "Throttles", "Dimensions": dimensions}
    assert first == {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    assert expression == {"Id": "e1", "Expression": "SUM(SEARCH('{A} b', 'Sum', 300))", "Period": 60}
    bare = {"Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": []}
    assert last == {"Id": "d", "MetricStat": {"Metric": bare, "Period": 3600, "Stat": "p99"}}
