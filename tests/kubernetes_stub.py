"""A loopback stand-in for the API server: objects with resource versions, over TLS, for accounts that may what their roles say.

What it refuses is what the real one refuses, by its own pages:
- a write whose resourceVersion is not the newest, with 409 (api-concepts#resource-versions); a Lease without one, with 422
- what no Role gives the token's account, with 403 (rbac), and no token, with 401
- annotations that are no strings, or of more than 256 KiB; a MicroTime without six digits; a lease of no seconds, with 422
"""

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATH = re.compile(r"/apis/(?P<group>[a-z0-9.]+)/v1/namespaces/(?P<namespace>[a-z-]+)/(?P<kind>[a-z]+)/(?P<name>[a-z0-9-]+)")
MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
MOST_ANNOTATIONS = 256 * 1024
NAMESPACE = "jobs"
Key = tuple[str, str]  # leases, name
Rule = tuple[str, str, str]  # verb, leases, name


class Cluster:
    """What is in a cluster, and what became of each call."""

    def __init__(self) -> None:
        self.objects: dict[Key, dict[str, Any]] = {}
        self.rules: dict[str, set[Rule]] = {}  # by account, whose name is its token
        self.version = 100
        self.calls: list[tuple[str, str, int]] = []
        self.lose_answers = 0  # so many writes are done and not answered
        self.fail = 0  # so many calls end with 503
        self.lock = threading.Lock()

    def apply(self, document: dict[str, Any]) -> None:
        """A document of a manifest, as `kubectl apply` would make it."""
        name, kind = document["metadata"]["name"], document["kind"]
        if kind in {"Lease", "CronJob"}:
            self.version += 1
            plural = {"Lease": "leases", "CronJob": "cronjobs"}[kind]
            made = json.loads(json.dumps(document))
            made["metadata"] |= {"resourceVersion": str(self.version), "namespace": NAMESPACE, "uid": f"uid-{self.version}"}
            self.objects[plural, name] = made

    def bind(self, documents: list[dict[str, Any]]) -> None:
        """Who may do what, by the Roles and RoleBindings of a manifest; a rule without names is for all."""
        roles = {one["metadata"]["name"]: one["rules"] for one in documents if one["kind"] == "Role"}
        for binding in (one for one in documents if one["kind"] == "RoleBinding"):
            assert binding["roleRef"]["kind"] == "Role"
            for subject in binding["subjects"]:
                assert subject["kind"] == "ServiceAccount"
                for rule in roles[binding["roleRef"]["name"]]:
                    names = rule.get("resourceNames") or ["*"]
                    self.rules.setdefault(subject["name"], set()).update(
                        (verb, kind, name) for verb in rule["verbs"] for kind in rule["resources"] for name in names
                    )

    def annotations(self, name: str) -> dict[str, str]:
        return dict(self.objects["leases", name]["metadata"].get("annotations") or {})

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, dict[str, Any]]:
        found = PATH.fullmatch(path)
        if found is None or found["namespace"] != NAMESPACE:
            return 404, status(404, "the server could not find the requested resource")
        if token not in self.rules:
            return 401, status(401, "Unauthorized")
        verb, kind, name = {"GET": "get", "PUT": "update"}[method], found["kind"], found["name"]
        if not self.rules[token] & {(verb, kind, name), (verb, kind, "*")}:
            return 403, status(403, f'{kind} "{name}" is forbidden: User "{token}" cannot {verb} resource "{kind}"')
        known = self.objects.get((kind, name))
        if known is None:
            return 404, status(404, f'{kind} "{name}" not found')
        if method == "GET":
            return 200, json.loads(json.dumps(known))
        given = json.loads(body)
        wrong = invalid(given, name)
        if wrong:
            return 422, status(422, wrong)
        if given["metadata"]["resourceVersion"] != known["metadata"]["resourceVersion"]:
            return 409, status(409, "the object has been modified; please apply your changes to the latest version and try again")
        self.version += 1
        given["metadata"]["resourceVersion"] = str(self.version)
        self.objects[kind, name] = given
        return 200, given


def invalid(lease: dict[str, Any], name: str) -> str | None:
    """What the real server's validation says of a Lease."""
    meta, spec = lease.get("metadata") or {}, lease.get("spec") or {}
    notes = meta.get("annotations") or {}
    if lease.get("kind") != "Lease" or lease.get("apiVersion") != "coordination.k8s.io/v1" or meta.get("name") != name:
        return "the object provided is unrecognized"
    if not meta.get("resourceVersion"):
        return "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"
    if not all(isinstance(text, str) for text in notes.values()):
        return "metadata.annotations: expected string"
    if sum(len(key) + len(text.encode()) for key, text in notes.items()) > MOST_ANNOTATIONS:
        return "metadata.annotations: Too long: must have at most 262144 bytes"
    for field in ("acquireTime", "renewTime"):
        if field in spec and not MICRO_TIME.fullmatch(str(spec[field])):
            return f"spec.{field}: cannot parse"
    seconds = spec.get("leaseDurationSeconds", 1)
    if not isinstance(seconds, int) or seconds <= 0:
        return "spec.leaseDurationSeconds: must be greater than 0"
    return None


def status(code: int, message: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}


@contextmanager
def serving(cluster: Cluster, folder: Path, account: str) -> Iterator[dict[str, str]]:
    """The environment of a pod of this account; its token, the namespace and the authority lie in `folder`."""

    class Calls(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            with cluster.lock:
                if cluster.fail:
                    cluster.fail -= 1
                    code, said = 503, status(503, "the server is currently unable to handle the request")
                else:
                    code, said = cluster.answer(self.command, self.path, token, body)
                cluster.calls.append((self.command, self.path.rsplit("/", 1)[1], code))
                if self.command == "PUT" and cluster.lose_answers:
                    cluster.lose_answers -= 1
                    self.close_connection = True
                    return
            content = json.dumps(said).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = handle_one  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    certificate, key = authority()
    files = {"ca.crt": certificate, "namespace": NAMESPACE.encode(), "token": account.encode()}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    pair = folder / "server.pem"
    pair.write_bytes(key + certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(server.server_port),
            "MIGRATOR_SERVICE_ACCOUNT": str(folder),
        }
    finally:
        server.shutdown()
        server.server_close()


def authority() -> tuple[bytes, bytes]:
    """A certificate of 127.0.0.1 that vouches for itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), private
