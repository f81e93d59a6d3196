"""What is emitted for Google is no function of its functions-framework: an image starts our own server, because a run needs its
shell, its files and its packages. So the framework is the other reader here: whatever Pub/Sub or Eventarc sends, Google's code
and the emitted service find the same message in it, and both answer an error with 500, which has it sent again.

Source: https://docs.cloud.google.com/pubsub/docs/push, https://docs.cloud.google.com/storage/docs/pubsub-notifications,
https://docs.cloud.google.com/eventarc/standard/docs/cloudevents
"""

import base64
import json
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from test_pubsub_push import EVENT_GLUE, FAN_OUT, cloud, start, tree

__all__ = ["cloud", "start", "tree"]
pytestmark = [pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore::DeprecationWarning")]
SUBSCRIPTION = "projects/shop/subscriptions/night-items"
OBJECT = {"kind": "storage#object", "bucket": "inbox", "name": "in/a b.csv", "generation": "1795680000000001", "size": "3"}
MESSAGE = {  # of a bucket that tells of its objects
    "attributes": {
        "bucketId": "inbox",
        "eventTime": "2026-11-24T01:30:00.000000Z",
        "eventType": "OBJECT_FINALIZE",
        "notificationConfig": "projects/_/buckets/inbox/notificationConfigs/1",
        "objectGeneration": "1795680000000001",
        "objectId": "in/a b.csv",
        "payloadFormat": "JSON_API_V1",
    },
    "data": base64.b64encode(json.dumps(OBJECT).encode()).decode(),
    "messageId": "11886498402613",
    "message_id": "11886498402613",
    "publishTime": "2026-11-24T01:30:00.123Z",
    "publish_time": "2026-11-24T01:30:00.123Z",
}
BODY = json.dumps({"message": MESSAGE, "subscription": SUBSCRIPTION, "deliveryAttempt": 2}).encode()
OF_PUB_SUB = {
    "Accept": "application/json",
    "Authorization": "Bearer x.y.z",
    "Content-Type": "application/json",
    "From": "noreply@google.com",
    "User-Agent": "CloudPubSub-Google",
}
OF_EVENTARC = {
    **OF_PUB_SUB,
    "ce-id": "11886498402613",
    "ce-source": "//pubsub.googleapis.com/projects/shop/topics/night-items",
    "ce-specversion": "1.0",
    "ce-time": "2026-11-24T01:30:00.123Z",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
}
FUNCTIONS = {
    "event": "def found(data, context):\n    seen = data['data'], context.event_id\n",
    "cloudevent": "def found(event):\n    seen = event.data['message']['data'], event['id']\n",
}
KEPT = "    __import__('pathlib').Path('{path}').write_text(repr(seen))\n    if 'bad' in seen[1]: raise OSError('bad')\n"


def framework(kind: str, folder: Path) -> Any:
    """A client of Google's framework with a function that keeps what it is handed."""
    source = folder / f"{kind}.py"
    source.write_text(FUNCTIONS[kind] + KEPT.format(path=folder / kind))
    app = functions_framework.create_app("found", str(source), kind)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.parametrize(("kind", "headers"), [("event", OF_PUB_SUB), ("cloudevent", OF_EVENTARC)], ids=["pub-sub", "eventarc"])
def test_google_s_framework_and_an_emitted_service_find_the_same_in_what_is_sent(
    kind: str, headers: dict[str, str], start: Any, tmp_path: Path
) -> None:
    assert framework(kind, tmp_path).post("/", data=BODY, headers=headers).status_code < 300
    data, number = eval((tmp_path / kind).read_text())
    theirs = json.loads(base64.b64decode(data))
    assert (theirs["name"], number) == ("in/a b.csv", "11886498402613")
    service = start(EVENT_GLUE, "worker.handler", one_item=f'printf "%s\\n" "$MIGRATOR_ITEM" >> {tmp_path}/ours')
    assert [service.call(BODY, headers)[0] for _ in range(2)] == [200, 200]
    assert (tmp_path / "ours").read_text() == f"gs://{theirs['bucket']}/{theirs['name']}\n", "once, though it came twice"


def test_both_refuse_what_is_no_message_and_answer_a_failure_with_an_error(start: Any, tmp_path: Path) -> None:
    theirs, ours = framework("event", tmp_path), start(EVENT_GLUE, "worker.handler", one_item="exit 3")
    for wrong in (b'{"message": 3}', b"", b"{"):
        assert theirs.post("/", data=wrong, headers=OF_PUB_SUB).status_code >= 400
        assert ours.call(wrong, OF_PUB_SUB)[0] >= 400
    bad = BODY.replace(b'"11886498402613"', b'"bad"')
    assert (theirs.post("/", data=bad, headers=OF_PUB_SUB).status_code, ours.call(bad, OF_PUB_SUB)[0]) == (500, 500)


def sent(item: str, attempt: int, number: str) -> bytes:
    """The whole envelope that Pub/Sub pushes for one item of a fan-out: also what our topics do not use, an ordering key."""
    data = json.dumps({"item": item, "scheduled_at": "2026-11-24T01:30:00+00:00"}).encode()
    message = {
        "attributes": {"googclient_schemaencoding": "JSON"},
        "data": base64.b64encode(data).decode(),
        "messageId": number,
        "message_id": number,
        "orderingKey": "customers",
        "publishTime": "2026-11-24T01:30:01.2Z",
        "publish_time": "2026-11-24T01:30:01.2Z",
    }
    return json.dumps({"message": message, "subscription": SUBSCRIPTION, "deliveryAttempt": attempt}).encode()


@pytest.mark.parametrize(("kind", "headers"), [("event", OF_PUB_SUB), ("cloudevent", OF_EVENTARC)], ids=["pub-sub", "eventarc"])
def test_an_item_of_a_fan_out_is_the_same_to_both_and_given_up_after_its_third_delivery(
    kind: str, headers: dict[str, str], start: Any, cloud: Any, tmp_path: Path
) -> None:
    theirs = framework(kind, tmp_path)
    ours = start(
        FAN_OUT, "worker.handler", one_item=f'printf "%s " "$MIGRATOR_ITEM" >> {tmp_path}/ours; [ "$MIGRATOR_ITEM" = good ]'
    )
    for item in ("good", "wrong"):
        body = sent(item, 1, f"of {item}")
        assert theirs.post("/", data=body, headers=headers).status_code < 300
        data, _ = eval((tmp_path / kind).read_text())
        assert json.loads(base64.b64decode(data))["item"] == item
        statuses = [ours.call(sent(item, attempt, f"of {item}"), headers)[0] for attempt in (1, 2, 3)]
        assert statuses == ([200, 200, 200] if item == "good" else [500, 500, 200])
    assert (tmp_path / "ours").read_text() == "good wrong wrong wrong "
    assert [json.loads(one)["item"] for held in cloud.stub.published.values() for one in held] == ["wrong"]
