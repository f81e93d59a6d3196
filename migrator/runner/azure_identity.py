"""Who we are on Azure: tokens of the managed identity that Container Apps and Functions give; AZURE_CLIENT_ID says which of them.

Source: https://learn.microsoft.com/azure/container-apps/managed-identity#connect-to-azure-services-in-app-code
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping

from . import bearer


def who(resource: str, outer: Mapping[str, str]) -> dict[str, str]:
    """The header that says who we are to a service, by its resource. Raises `OSError`, or `KeyError`: nobody."""
    asked = {"resource": resource, "api-version": "2019-08-01"}
    if outer.get("AZURE_CLIENT_ID"):
        asked["client_id"] = outer["AZURE_CLIENT_ID"]
    url = f"{outer['IDENTITY_ENDPOINT']}?{urllib.parse.urlencode(asked)}"
    return bearer.headers(url, ("X-IDENTITY-HEADER", outer["IDENTITY_HEADER"]))
