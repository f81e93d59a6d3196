r"""Templates to text: one strict, sandboxed Jinja environment per output language, with that language's literals as filters.

A filter turns any JSON value into a literal that the language's own parser reads back as the same value, whatever it holds:
`${`, `%{`, `{{`, quotes, backslashes, newlines. Limits are the languages' own: Terraform normalises every string to Unicode
NFC, no shell can hold NUL (`EmitError`), and CloudFormation resolves `{{resolve:` in any string, so that it gets a space.

A forgotten filter cannot write a value into a file: what comes without one has to be a plain word (`PLAIN`), such as an
identifier or a number; anything else is escaped as text in Markdown, and refused everywhere else. What is the language's own text
already, such as a whole command, says so: `| code`.

>>> literal("hcl", 'say "${HOME}"'), literal("bicep", "it's ${x}"), literal("sh", "it's")
('"say \\"$${HOME}\\""', "'it\\'s \\${x}'", '\'it\'"\'"\'s\'')
"""

import functools
import importlib.resources
import itertools
import json
import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import msgspec
from jinja2 import FunctionLoader, StrictUndefined, Undefined, UndefinedError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from migrator.errors import EmitError
from migrator.model.value import Value

HCL_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
YAML_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
BICEP_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# everywhere: what CommonMark, GitHub's tables, math and emoji read as marks; at the start of a line: what makes a block
MARKDOWN_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]|:(?=\w+:)|^(?=[-+=#]|\d+[.)])")
PIECES = 5_000  # of a page that are joined at once: one of 100 MB has millions, and each is an object
MARKDOWN_NUMBER = re.compile(r"^\\(\d+)([.)])")


def _escaped(text: str, escapes: dict[str, str], numeric: Callable[[int], str]) -> str:
    return "".join(escapes.get(c) or (c if c.isprintable() else numeric(ord(c))) for c in text)


def _unmarked(match: re.Match[str]) -> str:
    # `$${` is a literal `${`; where more signs stand before the brace it is escaped instead: readers count `$$${` differently
    signs = match.group(1)
    return f"{signs}{signs}{{" if len(signs) == 1 else f"{signs}\\u007b"


def _hcl_string(text: str) -> str:
    body = _escaped(text, HCL_ESCAPES, lambda code: f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + re.sub(r"(\$+|%+)\{", _unmarked, body) + '"'


def _hcl(value: object) -> str:
    match value:
        case str():
            return _hcl_string(value)
        case dict():
            inner = ", ".join(f"{_hcl_string(str(key))} = {_hcl(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(_hcl(item) for item in value)}]"
    return _scalar(value)


def _yaml_string(text: str) -> str:
    def numeric(code: int) -> str:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return f'"{_escaped(text, YAML_ESCAPES, numeric)}"'


def _yaml(value: object) -> str:
    match value:
        case str():
            return _yaml_string(value)
        case dict():
            return "{" + ", ".join(f"{_yaml_string(str(key))}: {_yaml(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(_yaml(item) for item in value)}]"
    return _scalar(value)


def _workflow(value: object) -> str:
    """YAML for GitHub Actions, which evaluates `${{` in any string; not every place knows a way to write it as text."""
    written = _yaml(value)
    if "${{" in written:
        raise EmitError(f"{value!r}: holds ${{{{, which GitHub takes for an expression; take it out")
    return written


def _cloudformation(value: object) -> str:
    """YAML in which nothing is a dynamic reference: CloudFormation resolves one in any string, and knows no way to write it."""
    match value:
        case str():
            return _yaml_string(value.replace("{{resolve:", "{ {resolve:"))
        case dict():
            inner = (f"{_cloudformation(str(key))}: {_cloudformation(item)}" for key, item in value.items())
            return "{" + ", ".join(inner) + "}"
        case list() | tuple():
            return f"[{', '.join(_cloudformation(item) for item in value)}]"
    return _scalar(value)


def _bicep(value: object) -> str:
    match value:
        case str():
            body = _escaped(value, BICEP_ESCAPES, lambda code: f"\\u{{{code:x}}}")
            return "'" + body.replace("${", "\\${") + "'"
        case dict():
            inner = ", ".join(f"{_bicep(str(key))}: {_bicep(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(_bicep(item) for item in value)}]"
        case float():
            return f"json('{_scalar(value)}')"  # Bicep has no fractions
    return _scalar(value)


def _scalar(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _word(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


# what stands in an ARN for the deployment's own: in Terraform, and in `!Sub`
OF_DEPLOYMENT = {
    "${Partition}": ("${data.aws_partition.current.partition}", "${AWS::Partition}"),
    "${Region}": ("${var.region}", "${AWS::Region}"),
    "${Account}": ("${data.aws_caller_identity.current.account_id}", "${AWS::AccountId}"),
}
PLACE = re.compile(r"(\$\{(?:Partition|Region|Account)\})")


def _hcl_arn(value: object) -> str:
    """An ARN in which `${Partition}`, `${Region}` and `${Account}` are those of the deployment, and all else is text."""
    words = PLACE.split(_word(value))
    # `$` before a place would make `$${`, which is text
    inner = [
        OF_DEPLOYMENT[word][0] if word in OF_DEPLOYMENT else re.sub(r"\$$", r"\\u0024", _hcl_string(word)[1:-1]) for word in words
    ]
    return f'"{"".join(inner)}"'


def _sub(value: object) -> str:
    """The same for `!Sub`, in which `${!` is the text `${` where a brace closes it."""
    text_ = ""
    for word in reversed(PLACE.split(_word(value))):
        if word in OF_DEPLOYMENT:
            text_ = OF_DEPLOYMENT[word][1] + text_
            continue
        *before, last = word.split("${")
        text_ = last + text_
        for piece in reversed(before):
            text_ = piece + ("${!" if "}" in text_ else "${") + text_
    return _cloudformation(text_)


def _sh(value: object) -> str:
    """A word; a list becomes words."""
    if isinstance(value, list | tuple):
        return " ".join(_sh(item) for item in value)
    text_ = _word(value)
    if "\0" in text_:
        raise EmitError(f"{text_!r}: holds NUL, which no shell word can; take it out of the crontab line")
    return shlex.quote(text_)


def _comment(value: object) -> str:
    """Text that stays inside a comment: one line, nothing that a terminal would act upon."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(_word(value).split()))


def _py(value: object) -> str:
    """A literal as formatters write it: with double quotes where the text has none."""
    match value:
        case str():
            written = repr(value)
            return f'"{written[1:-1]}"' if '"' not in value else written
        case dict():
            return "{" + ", ".join(f"{_py(key)}: {_py(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(_py(item) for item in value)}]"
    return repr(value)


# Control characters, which HTML cannot hold, as their pictures (U+FFFD where there is none); line ends and tabs as entities
PICTURES = {code: chr(0x2400 + code) for code in range(32)} | {0x7F: "\u2421"} | dict.fromkeys(range(0x80, 0xA0), "\ufffd")
PICTURED = PICTURES | {ord(c): f"&#{ord(c)};" for c in "\n\r\t"}
SPACE_AT_AN_END = re.compile(r"^\s|\s$")


def _md(value: object) -> str:
    """Text that is shown as it is, in a paragraph, a list or a table cell."""
    text_ = MARKDOWN_SPECIAL.sub(r"\\\g<0>", _word(value))
    text_ = MARKDOWN_NUMBER.sub(r"\1\\\2", text_)
    return SPACE_AT_AN_END.sub(lambda space: f"&#{ord(space[0])};", text_.translate(PICTURED))


def _mdcode(value: object) -> str:
    """A code span, for one line; control characters are shown as their pictures (U+2400 and up)."""
    text_ = _word(value).translate(PICTURES)
    ticks = "`" * (max((len(run) for run in re.findall("`+", text_)), default=0) + 1)
    pad = " " if text_[:1] in {"`", " "} or text_[-1:] in {"`", " "} or not text_ else ""
    return f"{ticks}{pad}{text_}{pad}{ticks}"


def _mdblock(value: object) -> str:
    """A fenced block that nothing in the text can close."""
    text_ = _word(value)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text_)), default=0))
    return f"{fence}text\n{text_}{'' if text_.endswith(chr(10)) else chr(10)}{fence}"


FILTERS: dict[str, Callable[[object], str]] = {
    "hcl": _hcl,
    "hcl_arn": _hcl_arn,
    "sub": _sub,
    "yaml": _yaml,
    "workflow": _workflow,
    "cloudformation": _cloudformation,
    "bicep": _bicep,
    "sh": _sh,
    "comment": _comment,
    "py": _py,
    "md": _md,
    "mdcode": _mdcode,
    "mdblock": _mdblock,
    "mdsh": lambda value: _mdblock(value).replace("text", "sh", 1),
}
# output language -> the filters that its templates may use; where there are none, only plain words can be written
LANGUAGES: dict[str, tuple[str, ...]] = {
    "terraform": ("hcl", "hcl_arn"),
    "sam": ("cloudformation", "sub"),
    "kubernetes": ("yaml",),
    "workflow": ("workflow",),
    "bicep": ("bicep",),
    "shell": ("sh", "comment"),
    "makefile": (),
    "dockerfile": (),
    "python": ("py",),
    "markdown": ("md", "mdcode", "mdblock", "mdsh"),
    "html": (),
    "text": (),  # files without quoting: .gitignore, requirements.txt, CODEOWNERS
}


def literal(filter_name: str, value: object) -> str:
    """`value` (any JSON value) as a literal, by the filter's name. Raises `EmitError` if the language cannot hold it."""
    return FILTERS[filter_name](value)


@functools.cache
def _folders() -> tuple[Traversable, ...]:
    """Where templates lie: in the installed package, else in the checkout."""
    return (importlib.resources.files("migrator") / "templates", Path(__file__).parent.parent / "templates")


@functools.cache
def source(template: str) -> str | None:
    """The text of a template or of a file copied from `templates/` as it is; None if there is none of this name."""
    if ".." in template.split("/"):
        return None
    for folder in _folders():
        file = folder.joinpath(*template.split("/"))
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return None


class Quoted(str):
    """Text that is its language's own: a literal that a filter made, or code that a template calls so."""

    __slots__ = ()


def _known(function: Callable[[object], str]) -> Callable[[object], str]:
    """The filter, for values that are there: what is missing has no literal."""

    def of_known(value: object) -> str:
        return str(value) if isinstance(value, Undefined) else Quoted(function(value))  # str() of what is missing: Jinja's error

    return of_known


# means nothing but itself in any of the languages: no quote, no sign that expands or ends anything
PLAIN = re.compile(r"[A-Za-z0-9_./:@=+-]*")


def _plain(value: object) -> object:
    """What no filter has seen, where it can do no harm."""
    if isinstance(value, Quoted | Undefined | int | float | Decimal) or PLAIN.fullmatch(str(value)):
        return value
    raise EmitError(f"{str(value)!r}: stands in a template without the quoting of its language, which is migrator's bug")


def _plain_or_text(value: object) -> object:
    """The same in Markdown, where anything can be shown as text."""
    return value if isinstance(value, Quoted | Undefined | int | float | Decimal) or PLAIN.fullmatch(str(value)) else _md(value)


class OwnText(CodeGenerator):
    """What a template itself says in `{{ "..." }}` is its own text, as what stands around it is: only values are looked at."""

    def _output_child_to_const(
        self,
        node: nodes.Expr,
        frame: Frame,
        finalize: CodeGenerator._FinalizeInfo,  # noqa: ARG002 - the base class calls it so
    ) -> str:
        return str(node.as_const(frame.eval_ctx))

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        super()._output_child_pre(node, frame, finalize._replace(src=None) if _is_own(node) else finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        super()._output_child_post(node, frame, finalize._replace(src=None) if _is_own(node) else finalize)


def _is_own(node: nodes.Node | None) -> bool:
    """True for `"..."`, and for `"..." if ... else "..."`, whatever is asked."""
    if isinstance(node, nodes.CondExpr):
        return _is_own(node.expr1) and _is_own(node.expr2)
    return node is None or isinstance(node, nodes.Const)


METHODS_OF_DICT = frozenset(dir(dict))


class Sandbox(SandboxedEnvironment):
    """Jinja's sandbox. A page of thousands of jobs asks millions of times for a field of the model, which is data, and for our
    own words: these are handed out at once, anything else as Jinja decides."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The attribute of an object in a template."""
        kind = type(obj)
        if attribute in _fields(kind):  # type: ignore[arg-type]  # a class is hashable; mypy doubts it of type[Any]
            return getattr(obj, attribute)
        if kind is dict and attribute in obj and attribute not in METHODS_OF_DICT:
            return obj[attribute]
        if isinstance(obj, ModuleType) and isinstance(found := getattr(obj, attribute, None), FunctionType) and _is_ours(found):
            return found
        return super().getattr(obj, attribute)

    def call(self, context: Context, function: Any, /, *args: Any, **named: Any) -> Any:
        """What a call in a template returns."""
        if isinstance(function, FunctionType) and _is_ours(function):
            named.pop("_loop_vars", None)  # what Jinja hands to functions that ask for its context
            named.pop("_block_vars", None)
            return function(*args, **named)
        return super().call(context, function, *args, **named)


@functools.cache
def _fields(kind: type) -> frozenset[str]:
    """The fields of a class of the model; of any other class none."""
    return frozenset(kind.__struct_fields__) if issubclass(kind, Value) else frozenset()


@functools.lru_cache(maxsize=1024)
def _is_ours(function: FunctionType) -> bool:
    return (function.__module__ or "").startswith("migrator.") and not function.__name__.startswith("_")


@functools.cache
def _environment(language: str) -> Sandbox:
    if language not in LANGUAGES:
        raise EmitError(f"{language!r}: no such output language; one of {', '.join(LANGUAGES)} is right")
    environment = Sandbox(
        loader=FunctionLoader(source),
        undefined=StrictUndefined,
        autoescape=language == "html",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize={"html": None, "markdown": _plain_or_text}.get(language, _plain),  # HTML: `autoescape` quotes
    )
    if language != "html":
        environment.code_generator_class = OwnText
    environment.filters.update({name: _known(FILTERS[name]) for name in LANGUAGES[language]})
    environment.filters["code"] = Quoted
    return environment


def json_lines(value: object, indent: int) -> bytes:
    r"""JSON as `json.dumps` indents it, in ASCII, with the newline at the end of a file; ten times as fast.

    >>> json_lines({"a": ["ü", []], "b": {}}, 1)
    b'{\n "a": [\n  "\\u00fc",\n  []\n ],\n "b": {}\n}\n'
    """
    return msgspec.json.format(json.dumps(value).encode(), indent=indent) + b"\n"


def text(template: str, language: str, **values: object) -> str:
    """The text of `templates/<template>` in an output language (a key of `LANGUAGES`).

    Raises `EmitError` if there is no such language, a value cannot be written in it, or the template asks for a value that is not
    there: a plan of an older version has none of it. A missing template is our bug.
    """
    try:
        pieces = _environment(language).get_template(template).generate(**values)
        whole = []
        while some := tuple(itertools.islice(pieces, PIECES)):
            whole.append("".join(some))
        return "".join(whole)
    except UndefinedError as error:
        raise EmitError(
            f"{template}: {error.message}; the plan was made by another version of migrator, so run `migrator plan` again"
        ) from error
