"""Any string survives into every output language byte for byte, as that language's own parser reads it."""

# ruff: noqa: E501 - the table of hard strings reads best in long lines

import ast
import base64
import io
import json
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from ruamel.yaml import YAML

from migrator import render
from migrator.errors import EmitError

HARD = [
    "", " ", "  two  ", "it's", 'say "hi"', "back\\slash", "${HOME}", "$${x}", "$$${x}", "%{if}", "%%{x}", "%%%{x}", "{{ x }}", "{% x %}",
    "line\nline\n", "tab\tcr\r", "`ls`", "$(ls)", "é ü ß", "\U0001f600", "#no comment", "- no list", "a: b", "yes", "null", "1.0", "~",
    "|", ">", "'''", '"""', "\\n", "\\${x}", "1. first", "<b>", "&amp;", "[a](b)", "a|b", ":smile:", "\x7f", "\x01", "\u2028", "\u00a0",
    "*", "!Ref x", "%", "$", "$$", "${", "%{", "x" * 500, "@secret:A_B@", "end\\",
]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def yaml_value(text: str) -> object:
    return YAML(typ="safe", pure=True).load(io.StringIO(f"key: {text}\n"))["key"]


@QUICK
@given(JSON)
def test_yaml_keeps_any_value(value: object) -> None:
    assert yaml_value(render.literal("yaml", value)) == value


@QUICK
@given(JSON)
def test_python_keeps_any_value(value: object) -> None:
    assert ast.literal_eval(render.literal("py", value)) == value


@pytest.mark.parametrize("text", HARD)
def test_yaml_and_python_keep_hard_strings(text: str) -> None:
    assert yaml_value(render.literal("yaml", text)) == text
    assert ast.literal_eval(render.literal("py", text)) == text


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_shells_keep_hard_words(shell: str) -> None:
    words = [text for text in HARD if "\0" not in text]
    script = f"printf '%s\\0' {render.literal('sh', words)}"
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == words


def test_a_shell_word_cannot_hold_nul() -> None:
    with pytest.raises(EmitError, match="NUL"):
        render.literal("sh", "a\0b")


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not here: HCL literals are not checked by it")
def test_terraform_keeps_hard_strings(tmp_path: Path) -> None:
    values = [text for text in HARD if unicodedata.is_normalized("NFC", text)] + [
        json.dumps({"a": "${x}"}),
        "$" * 3 + "{" + "%" * 2 + "{",
    ]
    values += [chr(n) for n in (1, 8, 11, 27, 0x7F, 0x85, 0xFEFF)]
    (tmp_path / "main.tf").write_text(f"locals {{\n  v = {render.literal('hcl', values)}\n}}\n")
    done = subprocess.run(
        ["terraform", "console"], input="base64encode(jsonencode(local.v))\n", cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
    )  # fmt: skip
    assert json.loads(base64.b64decode(json.loads(done.stdout.strip().splitlines()[-1]))) == values


def test_terraform_objects_and_lists_are_hcl() -> None:
    assert render.literal("hcl", {"a": [1, 2.5, True, None], "b": {}}) == '{ "a" = [1, 2.5, true, null], "b" = {} }'


def bicep_string(text: str) -> str:
    """Reads a Bicep string by its published escapes: \\\\ \\' \\n \\r \\t \\u{N} \\$ . Source: learn.microsoft.com, Bicep data types."""
    assert text[0] == text[-1] == "'"
    out, at, body = [], 0, text[1:-1]
    while at < len(body):
        if body[at] == "\\":
            if body[at + 1] == "u":
                end = body.index("}", at)
                out.append(chr(int(body[at + 3 : end], 16)))
                at = end + 1
                continue
            out.append({"\\": "\\", "'": "'", "n": "\n", "r": "\r", "t": "\t", "$": "$"}[body[at + 1]])
            at += 2
            continue
        assert body[at] != "'", "an unescaped quote ends the string"
        assert body[at : at + 2] != "${", "an interpolation"
        out.append(body[at])
        at += 1
    return "".join(out)


@QUICK
@given(TEXT)
def test_bicep_keeps_any_string(text: str) -> None:
    assert bicep_string(render.literal("bicep", text)) == text


def test_bicep_has_no_fractions() -> None:
    assert render.literal("bicep", {"a b": [1, 0.25, None]}) == "{ 'a b': [1, json('0.25'), null] }"


LOOSE = [text for text in HARD if not render.PLAIN.fullmatch(text)]


@pytest.mark.parametrize("language", [language for language in render.LANGUAGES if language not in {"markdown", "html"}])
def test_a_forgotten_filter_writes_nothing_but_plain_words(language: str) -> None:
    template = render._environment(language).from_string("{{ x }}{{ '${own}' }}")
    for text in ("night-7cedac54", "jobs/a.b_C@1:2", "12", ""):
        assert template.render(x=text) == text + "${own}"
    for text in LOOSE:
        with pytest.raises(EmitError, match="without the quoting of its language"):
            template.render(x=text)


def test_in_markdown_a_forgotten_filter_shows_text() -> None:
    template = render._environment("markdown").from_string("{{ x }}")
    assert [template.render(x=text) for text in LOOSE] == [render.literal("md", text) for text in LOOSE]
    assert template.render(x=render.Quoted("**b**")) == "**b**"


def test_what_calls_itself_code_is_code_and_a_filter_s_literal_is_not_quoted_twice() -> None:
    assert render._environment("shell").from_string("{{ x | code }} {{ x | sh }}").render(x="$(ls)") == "$(ls) '$(ls)'"


def test_no_template_calls_more_code_than_these() -> None:
    """Each is text that we wrote: whole fragments and commands, punctuation, a literal cut open."""
    used = {
        (path.name, line.strip())
        for path in (Path(__file__).parent.parent / "templates").rglob("*.j2")
        for line in path.read_text().splitlines()
        if "| code" in line
    }
    assert len(used) == 18, "\n".join(sorted(map(str, used)))


def test_a_comment_is_one_line() -> None:
    assert render.literal("comment", "a\nrm -rf /\r\x1b[2Jb\u2028c") == "a rm -rf / ?[2Jb c"


def test_nothing_is_a_dynamic_reference_of_cloudformation() -> None:
    text = render.literal("cloudformation", {"{{resolve:ssm:a}}": ["x {{resolve:secretsmanager:b}}", "{{ x }}"]})
    assert yaml_value(text) == {"{ {resolve:ssm:a}}": ["x { {resolve:secretsmanager:b}}", "{{ x }}"]}


def test_an_arn_keeps_its_text_and_takes_the_deployment_s_own() -> None:
    arn = "arn:${Partition}:s3:::it's-\"$${Region}/${x}%{y}/$"
    assert render.literal("hcl_arn", arn) == (
        '"arn:${data.aws_partition.current.partition}:s3:::it\'s-\\"\\u0024${var.region}/$${x}%%{y}/\\u0024"'
    )
    assert yaml_value(render.literal("sub", arn)) == "arn:${AWS::Partition}:s3:::it's-\"$${AWS::Region}/${!x}%{y}/$"


def shown(markdown: str) -> str:
    """The text that a CommonMark reader shows for one paragraph."""
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(markdown)
    assert [t.type for t in tokens] in (["paragraph_open", "inline", "paragraph_close"], [])
    out = ""
    for token in tokens[1].children if tokens else ():
        assert token.type in {"text", "text_special", "softbreak", "code_inline"}, token
        out += "\n" if token.type == "softbreak" else token.content
    return out


@pytest.mark.parametrize("text", [text for text in HARD if text and "\0" not in text])
def test_markdown_shows_text_as_it_is(text: str) -> None:
    assert shown(render.literal("md", text)) == text.replace("\x7f", "\u2421").replace("\x01", "\u2401")


@pytest.mark.parametrize("text", ["ls -l", "a `b` c", "``", "`x", "x`", " lead", "${x}|{{y}}", "a\\b"])
def test_a_code_span_shows_its_text(text: str) -> None:
    assert shown(render.literal("mdcode", text)) == text


def test_nothing_closes_a_fenced_block() -> None:
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark")
    for text in ("```\n# out", "~~~", "````` x", "a\n```", ""):
        tokens = reader.parse(render.literal("mdblock", text))
        assert [t.type for t in tokens] == ["fence"]
        assert tokens[0].content.removesuffix("\n") == text


def test_html_is_escaped_and_other_languages_know_only_their_own_literals() -> None:
    assert render._environment("html").from_string("{{ x }}").render(x="<b>&") == "&lt;b&gt;&amp;"
    with pytest.raises(Exception, match="hcl"):
        render._environment("sam").from_string("{{ x | hcl }}")


def test_a_missing_value_and_a_forbidden_attribute_are_errors() -> None:
    with pytest.raises(UndefinedError):
        render._environment("text").from_string("{{ nothing }}").render()
    with pytest.raises(SecurityError):
        render._environment("text").from_string("{{ x.__class__.__mro__ }}").render(x="")
    with pytest.raises(SecurityError):
        render._environment("text").from_string("{{ x.__globals__ }}").render(x=render.literal)
    with pytest.raises(SecurityError):
        render._environment("text").from_string("{{ '{0.__class__}'.format(x) }}").render(x=render.literal)
    assert isinstance(render._environment("text"), SandboxedEnvironment)


def test_an_unknown_language_says_which_exist() -> None:
    with pytest.raises(EmitError, match="terraform"):
        render.text("job/README.md.j2", "cobol")


def test_templates_are_found_and_cannot_leave_their_folder() -> None:
    assert render.source("job/Dockerfile.j2")
    assert render.source("../pyproject.toml") is None
    assert render.source("no/such.j2") is None
