"""Any Unicode text through the quoting of each output language, and back by that language's real parser: the same text.

Whole batches of texts that hypothesis makes go through one call of a program, so that thousands are tried.
"""

import ast
import base64
import contextlib
import html.parser
import json
import os
import re
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import bicep_bodies
import dockerfile
import emit_samples as samples
import msgspec
import pytest
import tools
import tree_sitter
import yaml
from cfnlint.decode.cfn_yaml import loads as cfn_loads
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from moto.cloudformation.parsing import ResourceMap, clean_json
from pycep import BicepParser

from migrator import render
from migrator.emit import job_file
from migrator.errors import EmitError
from migrator.runner.job_file import read

pytestmark = pytest.mark.timeout(300)
# what means something to one language or another, alone and in a row
# fmt: off
SIGNS = (
    "'", '"', "`", "''", "'''", '"""', '\\', '\\\\', "$", "$$", "${", "$${", "$$${", "%", "%%", "%{", "%%{", "{{",
    "}}", "{%", "${{", "$(", "!Sub ", "!Ref ", "#", "#{", "\n", "\r\n", "\t", "|", ">", "*", "_", "[", "](", "<b>",
    "&amp;", "~", ":", ": ", "- ", "1. ", "EOF\n", "{{resolve:ssm:x}}", "\u2028", "\x85", "\ufeff", "\xa0", "\x7f",
    "\x1b", "\U0001f600", "\xe9", "e\u0301", "}", ";", "&&", " ", "  ",
)
# fmt: on
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(st.one_of(st.sampled_from(SIGNS), st.text(st.characters(exclude_categories=["Cs"]), max_size=3)), max_size=8).map(
        "".join
    ),
)
WORDS = TEXT.filter(lambda text: "\0" not in text)
BATCH = st.lists(TEXT, min_size=100, max_size=200)
EACH = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose files each example writes anew."""
    return tmp_path_factory.mktemp("quoting")


def said(command: Sequence[object], folder: Path, text: str = "") -> bytes:
    """What a program that succeeded wrote."""
    own = {"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1", "LC_ALL": "C.UTF-8"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, input=text.encode(), capture_output=True, check=False, timeout=120, env=own)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


@FEW
@given(BATCH)
@example([*SIGNS, *(sign * 2 + "{x}" for sign in SIGNS)])
def test_terraform(room: Path, texts: list[str]) -> None:
    """Terraform itself; it brings every string to NFC. JSON inside of it, as policies and workflows are, comes back, too."""
    terraform = tools.program("terraform", "Terraform's quoting")
    whole = render.literal("hcl", {"texts": texts, "keys": dict.fromkeys(texts, 1)})
    (room / "main.tf").write_text(f"locals {{\n  v = {whole}\n}}\n")
    done = said([terraform, "console"], room, "base64encode(jsonencode([local.v, jsonencode(local.v)]))\n")
    plain, twice = json.loads(base64.b64decode(json.loads(done)))
    wanted = [unicodedata.normalize("NFC", text) for text in texts]
    assert plain == {"texts": wanted, "keys": dict.fromkeys(wanted, 1)}
    assert json.loads(twice) == plain


@FEW
@given(BATCH)
def test_terraform_arn(room: Path, texts: list[str]) -> None:
    """What stands beside the deployment's own parts is text."""
    terraform = tools.program("terraform", "Terraform's quoting")
    places = {
        "data.aws_partition.current.partition": "local.p",
        "var.region": "local.r",
        "data.aws_caller_identity.current.account_id": "local.a",
    }
    arns = [f"arn:${{Partition}}:s3:${{Region}}:{text}${{Account}}" for text in texts]
    literals = ", ".join(render.literal("hcl_arn", arn) for arn in arns)
    for code, own in places.items():
        literals = literals.replace(code, own)
    (room / "main.tf").write_text(f'locals {{\n  p = "aws"\n  r = "us"\n  a = "12"\n  v = [{literals}]\n}}\n')
    done = said([terraform, "console"], room, "base64encode(jsonencode(local.v))\n")
    back = json.loads(base64.b64decode(json.loads(done)))
    assert back == [unicodedata.normalize("NFC", f"arn:aws:s3:us:{text}12") for text in texts]


@EACH
@given(TEXT)
def test_kubernetes_yaml(text: str) -> None:
    """PyYAML, and libyaml in C where it is there."""
    whole = f"key: {render.literal('yaml', {text: [text, {'a': text}]})}\n"
    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        assert yaml.load(whole, loader) == {"key": {text: [text, {"a": text}]}}


@EACH
@given(TEXT)
def test_cloudformation_yaml(text: str) -> None:
    """cfn-lint's own reader; a dynamic reference gets a space, nothing else changes."""
    template = cfn_loads(f"Description: {render.literal('cloudformation', text)}\n")
    assert template["Description"] == text.replace("{{resolve:", "{ {resolve:")


@EACH
@given(TEXT.filter(lambda text: re.search(r'\$\{[^}]*"', text) is None))
def test_cloudformation_sub(text: str) -> None:
    """Moto's `Fn::Sub`, whose expression for `${!...}` sees none with a quote in it (moto/cloudformation/parsing.py)."""
    arn = f"arn:${{Partition}}:s3:::{text}"
    said = yaml.safe_load(render.literal("sub", arn))
    resources = ResourceMap("id", "name", {}, {}, "eu-west-1", "123456789012", {"Resources": {}}, None)
    assert clean_json({"Fn::Sub": said}, resources) == arn.replace("${Partition}", "aws").replace("{{resolve:", "{ {resolve:")


@EACH
@given(TEXT)
def test_bicep(text: str) -> None:
    """tree-sitter-bicep reads one string without an interpolation."""
    line = f"var v = {{ a: {render.literal('bicep', text)}\n  {render.literal('bicep', 'k' + text)}: 1 }}\n"
    tree = tree_sitter.Parser(bicep_bodies.LANGUAGE).parse(line.encode())
    assert not tree.root_node.has_error
    (object_,) = [node for node in tree.root_node.children[0].children if node.type == "object"]
    assert bicep_bodies.value(object_) == {"a": text, "k" + text: 1}


@pytest.mark.parametrize("sign", SIGNS)
def test_bicep_for_a_second_parser(sign: str) -> None:
    """pycep, whose expression for strings takes for ever over long ones."""
    assert BicepParser().parse(text=f"param v string = {render.literal('bicep', sign)}\n")["parameters"]


@pytest.mark.parametrize("shell", ["bash", "dash", "busybox", "mksh", "yash", "posh"])
@FEW
@given(st.lists(WORDS, min_size=100, max_size=150))
@example(list(SIGNS))
def test_shells(shell: str, room: Path, words: list[str]) -> None:
    """Each shell gives every word back, byte for byte; NUL is refused."""
    command = [str(tools.program(shell, f"quoting for {shell}")), *(["sh"] if shell == "busybox" else [])]
    script = room / "script"
    script.write_text(f"for word in {render.literal('sh', words)}; do printf '%s\\n-\\n' \"$word\"; done\n")
    assert said([*command, script], room) == "".join(f"{word}\n-\n" for word in words).encode()
    with pytest.raises(EmitError, match="NUL"):
        render.literal("sh", "a\0")


@EACH
@given(TEXT)
def test_a_comment_ends_with_its_line(text: str) -> None:
    """No shell, no terminal and no editor takes what follows for a line of its own."""
    comment = render.literal("comment", text)
    assert len(comment.splitlines()) <= 1
    assert comment.isprintable()


@EACH
@given(TEXT)
def test_python(text: str) -> None:
    assert ast.literal_eval(render.literal("py", {text: [text]})) == {text: [text]}


def inline(markdown: str) -> str:
    """What CommonMark shows for one paragraph or one table cell."""
    shown = []
    for token in MarkdownIt("commonmark").parse(markdown):
        assert token.type in {"paragraph_open", "inline", "paragraph_close"}, token
        for child in token.children or ():
            assert child.type in {"text", "text_special", "code_inline"}, child
            shown.append(child.content)
    return "".join(shown)


@EACH
@given(TEXT)
def test_markdown(text: str) -> None:
    """Shown as it is, in one piece; control characters as their pictures, CommonMark's NUL among them."""
    want = text.translate(render.PICTURED).replace("&#10;", "\n").replace("&#13;", "\r").replace("&#9;", "\t")
    assert inline("x" + render.literal("md", text) + "x").replace("\0", "\ufffd") == "x" + want + "x"


@EACH
@given(TEXT.filter(lambda text: text.strip()))
def test_markdown_code(text: str) -> None:
    assert inline(render.literal("mdcode", text)) == text.translate(render.PICTURES)
    (token,) = MarkdownIt("commonmark").parse(render.literal("mdblock", text.translate(render.PICTURES)))
    assert (token.type, token.content.removesuffix("\n")) == ("fence", text.translate(render.PICTURES))


class Shown(html.parser.HTMLParser):
    """Text and attributes, and nothing else may come."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.attribute = "", ""
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "p"
        self.attribute = attrs[0][1] or ""


@EACH
@given(TEXT)
def test_html(text: str) -> None:
    template = render._environment("html").from_string('<p title="{{ x }}">{{ x }}</p>')
    shown = Shown(template.render(x=text))
    assert (shown.text, shown.attribute) == (text, text)


@FEW
@given(st.lists(TEXT, min_size=100, max_size=200))
@example(list(SIGNS))
def test_make_gets_plain_words_only(room: Path, texts: list[str]) -> None:
    """No filter exists for make: what is no plain word never gets there, and make gives plain ones back."""
    taken = passed("makefile", texts)
    (room / "Makefile").write_text("W :=" + "".join(f" {word}" for word in taken) + "\nall:\n\t@printf '%s\\n' $(W)\n")
    assert said(["make", "-s"], room).decode().split() == [word for word in taken if word]


@FEW
@given(st.lists(TEXT, min_size=100, max_size=200))
@example(list(SIGNS))
def test_docker_gets_plain_words_only(texts: list[str]) -> None:
    """BuildKit's own parser gives back each word that got into a Dockerfile, in a list of words and in a shell's line."""
    taken = [word for word in passed("dockerfile", texts) if word]
    text = "FROM scratch\n" + "".join(f'CMD ["{word}"]\nRUN echo {word}\n' for word in taken)
    read = dockerfile.parse_string(text)[1:]
    assert [one.value for one in read[::2]] == [(word,) for word in taken]
    assert [one.value for one in read[1::2]] == [(f"echo {word}",) for word in taken]


def passed(language: str, texts: list[str]) -> list[str]:
    """What stands in a template of this language without a filter, of these and of some plain words."""
    taken = []
    template = render._environment(language).from_string("{{ x }}")
    for text in [*texts, "night-7cedac54", "a/b.c_D:1@2=3+4"]:
        with contextlib.suppress(EmitError):
            taken.append(template.render(x=text))
    return taken


WORKFLOW = """on:
  workflow_dispatch:
    inputs:
      where:
        type: choice
        options:
{options}
permissions: {{}}
jobs:
  say:
    runs-on: ubuntu-24.04
    steps:
      - run: env
        env:
{variables}
"""


@FEW
@given(st.lists(TEXT.filter(str.strip), min_size=100, max_size=150, unique=True))
@example(list(dict.fromkeys(sign for sign in SIGNS if sign.strip())))
def test_github_actions(room: Path, texts: list[str]) -> None:
    """YAML gives each text back, actionlint finds no expression in it; a text with one is refused."""
    kept = []
    for text in texts:
        if "${{" in text:
            with pytest.raises(EmitError, match="takes for an expression"):
                render.literal("workflow", text)
        else:
            kept.append(text)
    options = "\n".join(f"          - {render.literal('workflow', text)}" for text in kept)
    variables = "\n".join(f"          V{number}: {render.literal('workflow', text)}" for number, text in enumerate(kept))
    whole = WORKFLOW.format(options=options, variables=variables)
    read = yaml.safe_load(whole)
    assert read[True]["workflow_dispatch"]["inputs"]["where"]["options"] == kept
    assert list(read["jobs"]["say"]["steps"][0]["env"].values()) == kept
    (room / "workflow.yml").write_text(whole, encoding="utf-8")
    said([tools.program("actionlint", "the quoting of workflows"), "-shellcheck=", "-pyflakes=", "workflow.yml"], room)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(WORDS.filter(str.strip), WORDS)
def test_the_command_is_in_the_job_file_as_it_was(room: Path, command: str, stdin: str) -> None:
    """Read back by the runner that is copied beside it."""
    entry = samples.entry("aws_lambda", "night")
    job = samples.job("night", command, stdin=stdin)
    path = room / "job.json"
    path.write_bytes(job_file.content(msgspec.structs.replace(entry, job=job), samples.HOST, {}))
    back = read(path)
    assert (back.command, back.stdin) == (command.encode(), stdin.encode())
