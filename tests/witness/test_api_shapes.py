"""The walk over the providers' descriptions sees what is wrong: without that it would be no witness."""

import api_shapes

FUNCTION = {"function_name": "night", "memory_size": 64, "timeout": 60, "runtime": "python2.1", "architectures": ["x86_64"]}
SCHEDULE = {
    "name": "night shift",
    "state": "ON",
    "flexible_time_window": [{"mode": "OFF"}],
    "target": [{"arn": "a", "role_arn": None, "retry_policy": [{"maximum_event_age_in_seconds": 59}]}],
}


def test_wrong_enums_ranges_and_patterns_of_aws_are_named() -> None:
    report = api_shapes.aws(FUNCTION, "lambda", "CreateFunction")
    assert [text.split(":")[0] for text in report.wrong] == ["CreateFunction.memory_size", "CreateFunction.runtime"]
    assert "CreateFunction.architectures[0]" in report.looked_at
    report = api_shapes.aws(SCHEDULE, "scheduler", "CreateSchedule")
    assert [text.split(":")[0] for text in report.wrong] == [
        "CreateSchedule.name",
        "CreateSchedule.state",
        "CreateSchedule.target.retry_policy.maximum_event_age_in_seconds",
    ]


def test_unknown_fields_and_wrong_types_of_google_are_named() -> None:
    values = {"project": "p", "schedule": "1 2 * * *", "http_target": [{"http_method": "FETCH", "url": "u"}], "retry_config": []}
    report = api_shapes.google(values, "cloudscheduler.v1", "Job", frozenset({"project"}))
    assert [text.split(":")[0] for text in report.wrong] == ["Job.http_target.http_method", "Job.http_target.url"]
    assert api_shapes.google({"schedule": 3}, "cloudscheduler.v1", "Job", frozenset()).wrong == ["Job.schedule: 3 is no string"]
