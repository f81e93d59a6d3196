"""The runner as a service: what a scheduler's call starts, what it is told, and which instant the run has."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_runner import Run, job_json

from migrator.model.option import Resource
from migrator.pricebook import total
from migrator.prices import bundled
from migrator.resources import gcp_cloud_run_v2_job, gcp_cloud_run_v2_service


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Service:
    """A job served by its own process, called over loopback."""

    def __init__(self, folder: Path, job: dict[str, Any], **environment: str) -> None:
        self.port, self.claims = free_port(), folder / "claims"
        given = {"K_SERVICE": "night", "PORT": str(self.port), "MIGRATOR_CLAIMS": str(self.claims), **environment}
        self.process = Run(folder).start(job, **given)
        for _ in range(300):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the service does not listen")

    def call(self, **headers: str) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/", data=b"x" * 10, headers={name.replace("_", "-"): v for name, v in headers.items()}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def end(self) -> list[dict[str, Any]]:
        """Stop it as Cloud Run does; its log."""
        self.process.terminate()
        out, error = self.process.communicate(timeout=30)
        assert error == b"", error.decode()
        return [json.loads(line) for line in out.decode().splitlines()]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    started: list[Service] = []

    def start(job: dict[str, Any], **environment: str) -> Service:
        started.append(Service(tmp_path, job, **environment))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
            service.process.communicate(timeout=30)


def test_a_call_is_a_run_and_its_answer_tells_whether_it_worked(served: Any) -> None:
    service = served(job_json(b"echo hello; exit ${STATUS:-0}"))
    status, answer = service.call(X_CloudScheduler_ScheduleTime="2026-11-24T01:15:00Z")
    assert (status, answer["outcome"], answer["exit_status"]) == (200, "ok", 0)
    log = service.end()
    assert [line["message"] for line in log if line.get("stream") == "output"] == ["hello"]
    assert {line["scheduled_at"] for line in log} == {"2026-11-24T01:15:00+00:00"}, "the scheduler's header is the instant"


def test_a_failed_run_is_an_error_to_the_scheduler(served: Any) -> None:
    service = served(job_json(b"echo broken; exit 3"))
    status, answer = service.call()
    assert (status, answer["outcome"], answer["exit_status"]) == (500, "failed", 3)
    assert service.call()[0] == 500, "it goes on answering"


def test_a_run_is_asked_to_end_when_the_platform_ends_the_service(served: Any, tmp_path: Path) -> None:
    going, asked = tmp_path / "going", tmp_path / "asked"
    service = served(
        job_json(f"trap 'echo asked >{asked}; exit 9' TERM; mkfifo {going}; echo >{going}; sleep 60 & wait".encode())
    )
    with ThreadPoolExecutor(1) as calls:
        answer = calls.submit(service.call)
        while not going.exists():
            time.sleep(0.01)
        going.read_text()  # the trap is set
        log = service.end()
        assert answer.result()[0] == 500
    assert asked.read_text() == "asked\n"
    assert [line["outcome"] for line in log if "outcome" in line] == ["stopped"]


def test_a_second_delivery_of_an_instant_does_not_run(served: Any) -> None:
    service = served(job_json(b"echo ran"))
    instant = {"X_CloudScheduler_ScheduleTime": "2026-11-24T01:15:00Z"}
    assert service.call(**instant)[1]["outcome"] == "ok"
    assert service.call(**instant)[1]["outcome"] == "skipped"
    assert service.call(**instant, X_Migrator_Run_Now="1")[1]["outcome"] == "ok", "unless somebody asks for it"
    assert [line["message"] for line in service.end() if line.get("stream") == "output"] == ["ran", "ran"]


def test_the_guard_hears_which_expression_called(served: Any) -> None:
    daily = {"minutes": [15], "hours": [1], "days": list(range(1, 32)), "months": list(range(1, 13)), "weekdays": list(range(7))}
    calendar = daily | {"day_rule": "and", "wildcard": False, "expression": 1}
    every_day = {"version": 1, "timezone": "UTC", "dst": "clock", "calendars": [calendar]}
    service = served(job_json(b"echo ran", guard=every_day))
    instant = {"X_CloudScheduler_ScheduleTime": "2026-11-24T01:15:00Z"}
    assert service.call(**instant, X_Migrator_Expression="0")[1]["outcome"] == "skipped"
    assert service.call(**instant, X_Migrator_Expression="1")[1]["outcome"] == "ok"


def test_calls_wait_for_each_other(served: Any) -> None:
    service = served(job_json(b"echo begin; sleep 0.5; echo end"))
    callers = [
        subprocess.Popen(["curl", "-s", "-X", "POST", "-d", "", f"http://127.0.0.1:{service.port}/"], stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    for caller in callers:
        assert caller.wait(timeout=60) == 0
    seen = [line["message"] for line in service.end() if line.get("stream") == "output"]
    assert seen == ["begin", "end"] * 3


def usage(runs: float, seconds: float) -> dict[str, object]:
    return {
        "runs": runs, "billed_s": seconds, "skips": 0.0, "skip_s": 3.0, "vcpu": 1.0, "memory_gib": 0.5, "image_gb": 0.25,
        "log_gib": 0.0,
    }  # fmt: skip


def test_a_minutely_job_is_cheap_as_a_service_and_dear_as_a_job() -> None:
    """43,830 runs of 4.04 s in a month, by hand, the image beside both.

    service: 4.1 s x 43,830 = 179,703 s x ($0.000024 + 0.5 x $0.0000025) + 43,830 x $0.0000004 = $4.5375 + $0.0175 = $4.5550
    job: 60 s x 43,830 = 2,629,800 s x ($0.000018 + 0.5 x $0.000002) = $49.9662
    """
    book, region = bundled.read(), "us-central1"
    service = Resource(kind="gcp_cloud_run_v2_service", name="x", values={"usage": usage(43830, 4.04)})
    run_job = Resource(kind="gcp_cloud_run_v2_job", name="x", values={"usage": usage(43830, 4.04)})
    image = Decimal("0.25") * Decimal("0.10")
    cheap = total(gcp_cloud_run_v2_service.cost(service, region, book))
    dear = total(gcp_cloud_run_v2_job.cost(run_job, region, book))
    assert cheap is not None
    assert dear is not None
    assert round(cheap - image, 4) == Decimal("4.5550")
    assert round(dear - image, 4) == Decimal("49.9662")
