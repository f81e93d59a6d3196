"""One object of the Kubernetes API at a time, read and replaced as the pod's own account, with the standard library.

The token changes while a pod lives, so it is read for each call. MIGRATOR_SERVICE_ACCOUNT names another folder than the usual.
Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/,
https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
VARIABLE = "MIGRATOR_SERVICE_ACCOUNT"
ATTEMPTS = 4
PAUSE_S = 0.5  # doubled after each failed call
TIMEOUT_S = 10
CONFLICT = 409


def read(group: str, kind: str, name: str, outer: Mapping[str, str]) -> dict[str, Any]:
    """The object as it is now; `group` with its version, `kind` in the plural. Raises `OSError`."""
    found = _ask("GET", group, kind, name, outer)
    assert found is not None  # only a write is refused
    return found


def replace(group: str, kind: str, name: str, value: Mapping[str, Any], outer: Mapping[str, str]) -> bool:
    """Write the object in place of the version that `value` was read as. False if another write came first. Raises `OSError`."""
    return _ask("PUT", group, kind, name, outer, value) is not None


def _ask(
    method: str, group: str, kind: str, name: str, outer: Mapping[str, str], value: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """The answer; None for a conflict. Tried again where the API or the network fails us."""
    what, body = f"{kind}/{name}: {method}", None if value is None else json.dumps(value).encode()
    for attempt in range(ATTEMPTS):
        try:
            return _once(method, f"/apis/{group}/namespaces/{{namespace}}/{kind}/{name}", outer, body)
        except urllib.error.HTTPError as error:
            said = _message(error.read())
            if error.code == CONFLICT:
                return None
            if attempt == ATTEMPTS - 1 or (error.code < 500 and error.code != 429):
                raise OSError(f"{what}: HTTP {error.code} {said[:200]}") from error
        except KeyError as error:
            raise OSError(f"{what}: {error} is not set: this is no pod of a cluster") from error
        except (OSError, ValueError) as error:
            if attempt == ATTEMPTS - 1 or isinstance(error, FileNotFoundError):
                raise OSError(f"{what}: {error}") from error
        time.sleep(PAUSE_S * 2**attempt)
    raise OSError(f"{what}: not reached")


def _once(method: str, path: str, outer: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
    folder = Path(outer.get(VARIABLE) or FOLDER)
    host = outer["KUBERNETES_SERVICE_HOST"]
    place = f"[{host}]" if ":" in host else host  # an address of IPv6
    namespace = (folder / "namespace").read_text(encoding="ascii").strip()
    url = f"https://{place}:{outer.get('KUBERNETES_SERVICE_PORT') or '443'}{path.format(namespace=namespace)}"
    headers = {
        "authorization": f"Bearer {(folder / 'token').read_text(encoding='ascii').strip()}",
        "accept": "application/json",
        **({} if body is None else {"content-type": "application/json"}),
    }
    trusted = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    # no proxy: the job's own settings for the outside world do not lead to the cluster
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted))
    with opener.open(urllib.request.Request(url, body, headers, method=method), timeout=TIMEOUT_S) as answer:
        found = json.load(answer)
    if not isinstance(found, dict):
        raise TypeError("the answer is no object")
    return found


def _message(content: bytes) -> str:
    """What the API said in a Status, or the answer as it is."""
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode("utf-8", "replace")
