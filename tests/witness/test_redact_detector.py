"""detect-secrets, which we did not write, reads what our redaction leaves: it finds no secret in it that stood there before."""

import pytest
from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings
from planted import plant

from migrator.model.source import Location
from migrator.redact import escape_bytes, redact

# its detectors that know a form; those that measure entropy or go by a variable's name only take paths and code for secrets
DETECTORS = (
    "AWSKeyDetector ArtifactoryDetector AzureStorageKeyDetector BasicAuthDetector CloudantDetector DiscordBotTokenDetector "
    "GitHubTokenDetector GitLabTokenDetector IbmCloudIamDetector JwtTokenDetector MailchimpDetector NpmDetector OpenAIDetector "
    "PrivateKeyDetector PypiTokenDetector SendGridDetector SlackDetector SoftlayerDetector SquareOAuthDetector StripeDetector "
    "TelegramBotTokenDetector TwilioKeyDetector"
).split()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    root = tmp_path_factory.mktemp("planted")
    plant(root)
    return [(str(path), escape_bytes(path.read_bytes())[0]) for path in sorted(root.rglob("*")) if path.is_file()]


def found(text: str) -> list[str]:
    """What the detector names, line by line."""
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS]}):
        return [f"{secret.type}: {line[:120]}" for line in text.split("\n") for secret in scan_line(line)]


def test_a_detector_of_others_finds_nothing_in_what_is_left(texts: list[tuple[str, str]]) -> None:
    before, left = 0, []
    for path, text in texts:
        before += len(found(text))
        clean = redact(text, Location(host="h", path=path, line=1)).text
        left += [hit for hit in found(clean) if "@secret:" not in hit]
    assert before >= 20, "the witness sees the forms that it knows"
    assert left == []
