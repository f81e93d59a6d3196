"""Nodes of syntax trees of several languages by what they are: strings, calls, loops; their names, arguments and texts."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrator.scripts.words import text_of

SHORT_BYTES = 400  # of a name, a condition, what a loop goes through
STRINGS = frozenset(
    "string encapsed_string template_string string_literal interpolated_string_literal heredoc heredoc_body heredoc_content "
    "nowdoc nowdoc_body chained_string concatenated_string command_string shell_command_expression subshell".split()
)
PLAIN = frozenset("string_content string_fragment nowdoc_string heredoc_content heredoc_body string_value".split())
LEFT_OUT = frozenset("heredoc_start heredoc_end string_start string_end heredoc_beginning heredoc_token".split())
SHELLS = frozenset({"command_string", "shell_command_expression", "subshell"})
NUMBERS = frozenset({"integer", "number", "float"})
WRAPPERS = frozenset(
    "argument parenthesized_expression parenthesized_statements await_expression cast_expression variable_declaration "
    "interpolation template_substitution expression_statement by_ref".split()
)
BINARY = frozenset({"binary_expression", "binary", "binary_operator", "boolean_operator", "lowprec_logical_expression"})
DEFAULTS = frozenset({"||", "??", "//", "or", "?:"})
ASSIGNMENTS = frozenset(
    "assignment_expression assignment variable_declarator const_element property_element operator_assignment "
    "augmented_assignment_expression".split()
)
CONTAINERS = frozenset(
    "array_creation_expression array object hash dictionary list anonymous_hash_expression anonymous_array_expression "
    "argument_list arguments list_expression".split()
)
PAIRS = frozenset({"pair", "array_element_initializer", "keyword_argument"})
NAMES = frozenset(
    "variable_name identifier constant name qualified_name scalar bareword instance_variable global_variable class_variable "
    "member_access_expression member_expression attribute scope_resolution class_constant_access_expression varname "
    "scoped_property_access_expression hash_key_symbol simple_symbol property_identifier autoquoted_bareword package".split()
)
CALLS = frozenset(
    "function_call_expression ambiguous_function_call_expression call_expression call member_call_expression "
    "nullsafe_member_call_expression scoped_call_expression object_creation_expression new_expression method_call_expression "
    "func1op_call_expression func0op_call_expression require_expression require_once_expression include_expression "
    "include_once_expression".split()
)
DEFINITIONS = frozenset(
    "function_definition method_declaration function_declaration generator_function_declaration method_definition arrow_function "
    "function_expression function anonymous_function method singleton_method".split()
)
BARE_CALLS = frozenset({"identifier"})  # Ruby: `load` alone may be a call
WITHOUT_BRACKETS = frozenset(
    "func1op_call_expression func0op_call_expression require_expression require_once_expression include_expression "
    "include_once_expression".split()
)
ARGUMENT_LISTS = frozenset({"ARGV", "argv", "process.argv", "sys.argv"})
ELEMENTS = frozenset({"hash_element_expression", "subscript_expression", "element_reference"})
CONDITIONALS = frozenset({"conditional_expression", "ternary_expression", "conditional"})
ENVIRONMENTS = frozenset({"_ENV", "_SERVER", "ENV", "process.env"})
ITERATORS = frozenset({"each", "find_each", "each_slice", "each_entry", "each_line", "forEach"})
FETCHES = re.compile(r"(?:^|[>:.])(?:fetch\w*|readdir|fgets|fgetcsv|getline|readline|next_row|shift|pop|receive\w*)$")


def called(node: Node) -> tuple[str | None, Node | None]:
    """The name of a call as written, and the node that holds its arguments."""
    field = node.child_by_field_name
    kind = node.type
    if kind.startswith(("require_", "include_")):
        return kind.removesuffix("_expression"), node
    if kind in {"func1op_call_expression", "func0op_call_expression"}:
        return text_of(node.children[0]) if node.children else None, node
    if kind in {"object_creation_expression", "new_expression"}:
        made = field("constructor") or next((child for child in node.named_children if child.type in NAMES), None)
        holder = field("arguments") or next((child for child in node.named_children if child.type == "arguments"), None)
        return (name_of(made) if made is not None else None), holder
    receiver = field("object") or field("scope") or field("receiver") or field("invocant")
    called = field("name") or field("method") or field("function")
    if called is None:
        return None, None
    name = name_of(called)
    if receiver is not None:
        sign = {"scoped_call_expression": "::", "call": "."}.get(kind, "->")
        name = f"{name_of(receiver)}{sign}{name}"
    return name, field("arguments")


def defined(node: Node) -> str | None:
    """The name of a function where it is defined; of one that is put under a name (`const load = () => ...`) that name."""
    name = node.child_by_field_name("name")
    around = node.parent
    if name is None and around is not None and around.type in {"variable_declarator", "assignment_expression", "pair"}:
        name = around.child_by_field_name("name") or around.child_by_field_name("left") or around.child_by_field_name("key")
    return re.split(r"->|::|\.", bare(short(name)))[-1] if name is not None else None


def parameters(node: Node) -> list[str]:
    """The names of a function's parameters, in their order."""
    holder = node.child_by_field_name("parameters")
    found: list[str] = []
    for child in holder.named_children if holder is not None else ():
        name = (
            child.child_by_field_name("name")
            or child.child_by_field_name("left")
            or child.child_by_field_name("pattern")
            or child
        )
        found.append(bare(short(name)).split(":")[0].strip() if name.type != "comment" else "")
    return [name for name in found if name]


def name_of(node: Node) -> str:
    """A name as written, without blanks."""
    return re.sub(r"\s+", "", short(node))[:200]


def short(node: Node) -> str:
    """The text of a node that is no longer than a name can be; else its end, which tells a method's name."""
    if node.end_byte - node.start_byte <= SHORT_BYTES:
        return text_of(node)
    return text_of(node.named_children[-1])[:SHORT_BYTES] if node.named_children and not is_long(node.named_children[-1]) else ""


def is_long(node: Node) -> bool:
    """True for a node longer than any name."""
    return node.end_byte - node.start_byte > SHORT_BYTES


def items(holder: Node | None) -> Iterator[tuple[Node | None, Node]]:
    """(key or None, value) of each argument or element."""
    if holder is None:
        return
    if holder.type not in CONTAINERS and holder.type not in WITHOUT_BRACKETS:
        yield None, holder  # Perl: one argument is no list
        return
    children = [child for child in holder.children if child.is_named or child.type == "=>"]
    if holder.type in {"anonymous_hash_expression", "anonymous_array_expression"} and len(children) == 1:
        yield from items(children[0])
        return
    at = 0
    while at < len(children):
        child = children[at]
        if at + 2 < len(children) and children[at + 1].type == "=>":
            yield child, children[at + 2]
            at += 3
            continue
        at += 1
        if child.type in {"=>", "comment", "block", "do_block"}:
            continue
        key = (
            child.child_by_field_name("key") or child.child_by_field_name("name") if child.type in {*PAIRS, "argument"} else None
        )
        value = child.child_by_field_name("value")
        if child.type in PAIRS:
            parts = child.named_children
            if key is None and len(parts) == 2:
                key = parts[0]
            if parts:
                yield key, value or parts[-1]
        elif key is not None and child.named_children:
            yield key, child.named_children[-1]
        else:
            yield None, child


def operator(node: Node) -> str:
    """The sign between the two sides; empty for what has none."""
    if node.type not in BINARY:
        return ""
    return next((child.type for child in node.children if not child.is_named), "")


def argument_index(node: Node) -> str | None:
    """The number in `argv[1]`."""
    if node.type not in {"subscript_expression", "element_reference", "array_element_expression", "subscript"}:
        return None
    parts = node.named_children
    if len(parts) != 2 or bare(short(parts[0])) not in ARGUMENT_LISTS or not short(parts[1]).isdigit():
        return None
    return str(int(short(parts[1])[:4]))


def loops_over(node: Node) -> str | None:
    """What a loop goes through: a list, the rows of a query; `while true` for one without an end."""
    kind = node.type
    if kind == "foreach_statement" and node.named_children:
        return short(node.named_children[0])
    if kind in {"for_in_statement", "for_statement", "for"} and (right := node.child_by_field_name("right")) is not None:
        return short(right)
    if kind in {"for_statement", "foreach_statement"} and (items := node.child_by_field_name("list")) is not None:
        return short(items)
    if kind in {"while_statement", "while", "while_modifier", "loop_statement"}:
        condition = node.child_by_field_name("condition") or (node.named_children[0] if node.named_children else None)
        text = short(condition).strip() if condition is not None else ""
        text = text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text
        if text.lower() in {"true", "1"}:
            return "while true"
        assigned = re.search(r"=\s*([^=\s][^\n]{0,150})", text)
        name = assigned[1].split("(")[0].rstrip() if assigned else ""
        return assigned[1] if assigned and FETCHES.search(name) else None
    if kind == "call" and (method := node.child_by_field_name("method")) is not None and node.child_by_field_name("block"):
        receiver = node.child_by_field_name("receiver")
        if text_of(method) == "loop" and receiver is None:
            return "while true"
        return short(receiver) if receiver is not None and text_of(method) in ITERATORS else None
    if kind == "call_expression" and (function := node.child_by_field_name("function")) is not None:
        member = function.child_by_field_name("property")
        holder = function.child_by_field_name("object")
        return short(holder) if member is not None and holder is not None and text_of(member) in ITERATORS else None
    return None


def bare(text: str) -> str:
    """A name without its signs: `$x`, `${x}`, `@x` are `x`."""
    return re.sub(r"\s+", "", re.sub(r"^(?:my|our|local)\s+", "", text)).lstrip("$@%&\\").strip("{}")


def element(node: Node) -> str | None:
    """The name of one element by a plain key: `$pop{'file'}`, `$c->{file}`, `$c['file']`, `opts[:file]` are `pop.file` ....

    None where the key is computed."""
    text = re.sub(r"->|['\":\s]", "", bare(short(node)) + ("}" if node.type == "hash_element_expression" else ""))
    found = re.fullmatch(r"(\w+)[\[{]([\w.-]+)[\]}]+", text)
    return f"{found[1]}.{found[2]}" if found else None


def unescaped(text: str) -> str:
    """What an escape sequence stands for."""
    known = {"n": "\n", "t": "\t", "r": "\r", "0": ""}
    return known.get(text[1:], text[1:] if len(text) == 2 else text)


def above(node: Node, most: int) -> Iterator[Node]:
    """The nodes that hold a node, from the nearest, at most so many."""
    around = node.parent
    while around is not None and most > 0:
        yield around
        around, most = around.parent, most - 1


ASKING = re.compile(r"\b(?:defined|exists|isset|empty)\b")


def is_asked(node: Node) -> bool:
    """True where a program only asks whether a variable is set: `if ($ENV{X})`, `defined $ENV{X}`."""
    for around in above(node, 4):
        if ASKING.match(text_of(around)[:20]) or around.type == "conditional_expression":
            return True
        if around.type in {"if_statement", "conditional_statement", "unless_statement", "postfix_conditional_expression"}:
            return around.child_by_field_name("condition") is not None or node.start_point[0] == around.start_point[0]
        if around.type.endswith(("block", "statement", "statement_list")):
            return False
    return False


def environment_variable(node: Node) -> str | None:
    """The variable in `$_ENV['X']`, `$ENV{X}`, `ENV['X']`, `process.env.X`."""
    if node.type not in {
        "subscript_expression",
        "element_reference",
        "hash_element_expression",
        "subscript",
        "member_expression",
    }:
        return None
    if len(node.named_children) < 2:
        return None
    holder, key = node.named_children[0], node.named_children[-1]
    if bare(short(holder)) not in ENVIRONMENTS or (node.type == "member_expression") != (key.type == "property_identifier"):
        return None
    name = short(key).strip("\"'`")
    return name if re.fullmatch(r"[A-Z_][A-Z0-9_]{1,60}", name) else None


WAITS = re.compile(r"(?:^|[>:.])(?:listen|bind|serve|createServer|start_server)$")


def is_served(pair: Node) -> bool:
    """True for a setting of what waits for others: `server.listen({host: "localhost"})`."""
    call = next((around for around in above(pair, 3) if around.type in CALLS), None)
    return call is not None and WAITS.search(called(call)[0] or "") is not None
