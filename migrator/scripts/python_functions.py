"""What a Python program's own functions are given: parameters, lists of arguments, commands.

Line: `def save(path="/var/lib/app/seen"): ...`, `save("/srv/seen")`
Source: https://docs.python.org/3/library/ast.html
"""

import ast
import re
from functools import cached_property

from migrator.scripts.run_order import Function, Order
from migrator.scripts.words import Word

MOST_FUNCTIONS = 200
MOST_CALLS = 10  # of one function that are looked at for what it is given
MOST_TURNS = 3  # how often a function is read that is called with different files
MOST_ASKED = 20_000  # of one text: what calls whom may branch at each step
DEEPEST = 3  # parameters that are parameters of the caller
IS_NAME = re.compile(r"(?!\$[\w.]*\Z)[\w$./~@:%+-]{2,300}")  # a path, an address, a name: no sentence


class Functions(ast.NodeVisitor):
    """The part of the visitor that knows who calls whom."""

    tree: ast.Module
    names: dict[str, Word]
    again: bool = False  # while a function is read once more
    asked: int = 0  # how often it was asked what a function is given

    def _word(self, node: ast.AST | None, depth: int = 0) -> Word:
        """What an expression says."""
        raise NotImplementedError

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A parameter is what its function is called with where that is written out, else its default.

        A function that is called with different files is read once for each of the first few."""
        before = dict(self.names)
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        defaults = dict(
            zip(names[len(names) - len(node.args.kwonlyargs) - len(node.args.defaults) :], node.args.defaults, strict=False)
        )
        defaults |= {
            argument.arg: value
            for argument, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if value is not None
        }
        said = {
            name: word._replace(is_known=False)
            for name, value in defaults.items()
            if isinstance(value, ast.Constant | ast.Name | ast.Call | ast.BinOp | ast.Attribute)
            and (word := self._word(value)).text
            and not word.text.startswith("$")
        }
        given = {name: self._words_for(node, name) for name in names}
        most = 1 if self.again else max([len(words) for words in given.values()] or [1])
        for turn in range(min(max(most, 1), MOST_TURNS)):
            for name in names:
                words = given[name]
                self.names.pop(name, None)  # a name of the text outside is another
                if words:
                    self.names[name] = words[min(turn, len(words) - 1)]._replace(is_known=False)
                elif name in said:
                    self.names[name] = said[name]
            self.again, was = self.again or turn > 0, self.again
            self.generic_visit(node)
            self.again = was
        for name in names:
            self.names.pop(name, None)
            if name in before:
                self.names[name] = before[name]

    def _words_for(self, function: ast.FunctionDef, name: str, depth: int = 0) -> list[Word]:
        """What a function's parameter is called with, where that is a text: through the parameters of those who call, too."""
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        of_object = bool(names) and names[0] in {"self", "cls"}
        called = self.owners.get(function, "") if function.name == "__init__" else function.name
        found: list[Word] = []
        for call, around in self.calls.get(called, ())[:MOST_CALLS]:
            at = names.index(name) - of_object if name in names else -1
            value = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
            if value is None and 0 <= at < len(call.args):
                value = call.args[at]
            for word in self._argument(value, around, depth) if value is not None else ():
                if IS_NAME.fullmatch(word.text) and word.text not in {one.text for one in found}:
                    found.append(word)
        return found[:MOST_TURNS]

    def _argument(self, value: ast.expr, around: ast.FunctionDef | None, depth: int) -> list[Word]:
        """What an argument says where it is given: a parameter or a name of the function that the call stands in, too."""
        self.asked += 1
        if self.asked > MOST_ASKED:
            return []
        if isinstance(value, ast.Name) and around is not None and depth < DEEPEST:
            if value.id in {argument.arg for argument in (*around.args.posonlyargs, *around.args.args)}:
                return self._words_for(around, value.id, depth + 1)
            if (assigned := self.local_values.get(around, {}).get(value.id)) is not None:
                return self._argument(assigned, around, depth + 1)
        if isinstance(value, ast.Name) and value.id not in self.names and depth < DEEPEST:
            later = self.local_values.get(None, {}).get(value.id)  # set further down in the text
            return [self._word(later)] if later is not None else []
        return [self._word(value)]

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815 - ast's name; the fields are the same

    def _list(self, node: ast.expr) -> ast.List | ast.Tuple | None:
        """A list as it stands, or that was put together before under a name."""
        if isinstance(node, ast.List | ast.Tuple):
            return node
        return self.lists.get(node.id) if isinstance(node, ast.Name) else None

    @cached_property
    def lists(self) -> dict[str, ast.List]:
        """The first list that is put together under each name."""
        found: dict[str, ast.List] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, node.value)
        return found

    @cached_property
    def calls(self) -> dict[str, list[tuple[ast.Call, ast.FunctionDef | None]]]:
        """The calls of each name, a method's by its own name, and the function in which each stands."""
        found: dict[str, list[tuple[ast.Call, ast.FunctionDef | None]]] = {}
        for node, around in self._inside:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                found.setdefault(name, []).append((node, around))
        return found

    @cached_property
    def _inside(self) -> list[tuple[ast.AST, ast.FunctionDef | None]]:
        """Every node in the order of the text, and the function that it stands in."""
        found: list[tuple[ast.AST, ast.FunctionDef | None]] = []
        pending: list[tuple[ast.AST, ast.FunctionDef | None]] = [(self.tree, None)]
        while pending:
            node, around = pending.pop()
            found.append((node, around))
            inner = node if isinstance(node, ast.FunctionDef) else around
            pending.extend((child, inner) for child in reversed(list(ast.iter_child_nodes(node))))
        return found

    @cached_property
    def local_values(self) -> dict[ast.FunctionDef | None, dict[str, ast.expr]]:
        """What each function, and the text outside of them (None), puts under a name at first."""
        found: dict[ast.FunctionDef | None, dict[str, ast.expr]] = {}
        for node, around in self._inside:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(around, {}).setdefault(target.id, node.value)
        return found

    @cached_property
    def owners(self) -> dict[ast.FunctionDef, str]:
        """The class of each method."""
        return {
            method: node.name
            for node, _ in self._inside
            if isinstance(node, ast.ClassDef)
            for method in node.body
            if isinstance(method, ast.FunctionDef)
        }

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions that run a command which they are given: the first ones, which are looked through for each."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)][:MOST_FUNCTIONS]

    def _given(self, name: str, row: int) -> list[ast.expr]:
        """What is given for a parameter of the function around a line, where that function is called."""
        found: list[ast.expr] = []
        for function in self.functions:
            if function.lineno <= row <= (function.end_lineno or 0):
                names = [argument.arg for argument in function.args.args]
                calls = [call for call, _ in self.calls.get(function.name, ())[:MOST_CALLS]]
                if function.args.vararg is not None and function.args.vararg.arg == name:  # `def run(*words)`
                    found += [ast.List(call.args, ast.Load()) for call in calls if call.args]
                at = names.index(name) - (names[0] in {"self", "cls"}) if name in names else -1
                found += [call.args[at] for call in calls if 0 <= at < len(call.args)]
        return found


def order_of(tree: ast.Module) -> Order:
    """When the lines of a program run."""
    functions: list[Function] = []
    calls: list[tuple[str, int, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.append(Function(node.name, node.lineno - 1, (node.end_lineno or node.lineno) - 1))
        elif isinstance(node, ast.ClassDef):
            made = [inner for inner in node.body if isinstance(inner, ast.FunctionDef) and inner.name == "__init__"]
            functions += [Function(node.name, inner.lineno - 1, (inner.end_lineno or inner.lineno) - 1) for inner in made]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            calls.append((name, (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0))
    return Order(functions, calls)


def carried_over(loop: ast.For | ast.While) -> list[tuple[str, int]]:
    """Names that one turn of a loop hands to the next, with their lines: read before they are set, or added to."""
    first_read: dict[str, tuple[int, int]] = {}
    first_set: dict[str, tuple[int, int]] = {}
    found: dict[str, int] = {}
    own = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)} if isinstance(loop, ast.For) else set()
    for statement in loop.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                found.setdefault(node.target.id, node.lineno)
            elif isinstance(node, ast.Name):
                places = first_read if isinstance(node.ctx, ast.Load) else first_set
                at = (statement.lineno, node.lineno)
                places[node.id] = min(places.get(node.id, at), at)
    for name, at in first_set.items():
        if name in first_read and first_read[name] < at and name not in own:
            found.setdefault(name, at[1])
    return sorted(found.items(), key=lambda item: item[1])
