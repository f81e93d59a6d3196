"""Loopback stand-ins for Cloud Storage, Blob Storage and the endpoints that hand out tokens, in the shapes of their REST pages.

Sources: https://docs.cloud.google.com/storage/docs/xml-api/reference-headers, https://docs.cloud.google.com/storage/docs/json_api,
https://learn.microsoft.com/rest/api/storageservices/put-blob, .../list-blobs; tests/witness runs the same cases against Azurite.
"""

import json
import threading
import urllib.parse
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from xml.sax.saxutils import escape


class Stub(BaseHTTPRequestHandler):
    """Objects in memory: key -> (version, content, headers that were kept)."""

    objects: ClassVar[dict[str, tuple[int, bytes, dict[str, str]]]] = {}
    written: ClassVar[list[int]] = [0]
    lose_answers: ClassVar[list[int]] = [0]  # so many writes are done and not answered
    lock = threading.Lock()
    missing = 404
    protocol_version = "HTTP/1.1"
    kept = ""

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def say(self, status: int, content: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def condition(self, version: int | None) -> bool:
        """Whether the call may go on, at the object's version (None: there is no object)."""
        raise NotImplementedError

    def version_headers(self, version: int) -> dict[str, str]:
        raise NotImplementedError

    def listing(self, query: dict[str, str]) -> bytes | None:
        raise NotImplementedError

    def token(self) -> bytes | None:
        raise NotImplementedError

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        token = self.token()
        if token is not None:
            return self.say(200, token)
        if self.headers.get("authorization") != "Bearer right":
            return self.say(401, b"who are you")
        listed = self.listing(query)
        if listed is not None:
            return self.say(200, listed)
        key = urllib.parse.unquote(address.path).split("/", 2)[2]
        with self.lock:
            found = self.objects.get(key)
            if not self.condition(found[0] if found else None):
                return self.say(412, b"condition not met")
            if self.command == "PUT":
                self.written[0] += 1
                meta = {name: value for name, value in self.headers.items() if name.lower().startswith(self.kept)}
                self.objects[key] = (self.written[0], body, meta)
                if self.lose_answers[0]:
                    self.lose_answers[0] -= 1
                    self.close_connection = True
                    return None
                return self.say(201, headers=self.version_headers(self.written[0]))
            if found is None:
                return self.say(self.missing, b"no such object, or not yours")
            if self.command == "DELETE":
                del self.objects[key]
                return self.say(202)
        return self.say(200, found[1], {**found[2], **self.version_headers(found[0])})

    do_GET = do_PUT = do_DELETE = do_HEAD = handle_one  # noqa: N815 - http.server's names


class CloudStorage(Stub):
    """Objects with generations, the metadata server, and topics of Pub/Sub that take what is published.

    Source: https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
    """

    published: ClassVar[dict[str, list[bytes]]] = {}  # by topic
    refused: ClassVar[set[str]] = set()  # topics that nobody may write to
    missing = 403  # what a role is told that may list below its own prefixes only
    kept = "x-goog-meta-"

    def condition(self, version: int | None) -> bool:
        asked = self.headers.get("x-goog-if-generation-match")
        return asked is None or int(asked) == (version or 0)

    def version_headers(self, version: int) -> dict[str, str]:
        return {"x-goog-generation": str(version)}

    def token(self) -> bytes | None:
        if not self.path.startswith("/computeMetadata/"):
            return None
        assert self.headers["Metadata-Flavor"] == "Google"
        return json.dumps({"access_token": "right", "expires_in": 3599, "token_type": "Bearer"}).encode()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        topic, _, verb = self.path.removeprefix("/v1/").partition(":")
        assert verb == "publish"
        assert self.headers["content-type"] == "application/json"
        if self.headers.get("authorization") != "Bearer right" or topic in self.refused:
            return self.say(403, b'{"error": {"code": 403, "status": "PERMISSION_DENIED"}}')
        assert 1 <= len(body["messages"]) <= 1000, "what one call may hold"
        with self.lock:
            self.published.setdefault(topic, []).extend(b64decode(one["data"], validate=True) for one in body["messages"])
        return self.say(200, json.dumps({"messageIds": [str(n) for n in range(len(body["messages"]))]}).encode())

    def listing(self, query: dict[str, str]) -> bytes | None:
        if not self.path.startswith("/storage/v1/b/bucket/o?"):
            return None
        names = sorted(name for name in self.objects if name.startswith(query["prefix"]) and name > query.get("pageToken", ""))
        page = {"items": [{"name": name, "generation": str(self.objects[name][0])} for name in names[:2]]}
        return json.dumps({**page, **({"nextPageToken": names[1]} if len(names) > 2 else {})} if names else {}).encode()


class BlobStorage(Stub):
    """Blobs with entity tags, and the identity endpoint of Container Apps."""

    kept = "x-ms-meta-"

    def condition(self, version: int | None) -> bool:
        tag = None if version is None else f'"0x{version:X}"'
        if self.headers.get("if-none-match") == "*":
            return tag is None
        return self.headers.get("if-match") in {None, tag}

    def version_headers(self, version: int) -> dict[str, str]:
        return {"ETag": f'"0x{version:X}"'}

    def token(self) -> bytes | None:
        if not self.path.startswith("/msi/token?"):
            return None
        assert self.headers["X-IDENTITY-HEADER"] == "identity"
        assert "resource=https%3A%2F%2Fstorage.azure.com%2F" in self.path
        assert "client_id=the-job" in self.path
        return json.dumps({"access_token": "right", "resource": "https://storage.azure.com/", "token_type": "Bearer"}).encode()

    def listing(self, query: dict[str, str]) -> bytes | None:
        if query.get("comp") != "list":
            return None
        names = sorted(name for name in self.objects if name.startswith(query["prefix"]) and name > query.get("marker", ""))
        blobs = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Etag>0x{self.objects[name][0]:X}</Etag></Properties></Blob>"
            for name in names[:2]
        )
        more = escape(names[1]) if len(names) > 2 else ""
        return f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>".encode()


@contextmanager
def serving(kind: type[Stub]) -> Iterator[tuple[str, type[Stub]]]:
    """The address of an empty stand-in, and its class."""
    empty = {"objects": {}, "written": [0], "lose_answers": [0], "lock": threading.Lock()}
    own = type(kind.__name__, (kind,), {**empty, "published": {}, "refused": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), own)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", own
    finally:
        server.shutdown()
        server.server_close()
