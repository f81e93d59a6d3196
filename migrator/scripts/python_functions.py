"""What a Python program's own functions are given: parameters, lists of arguments, commands.

Line: `def save(path="/var/lib/app/seen"): ...`, `save("/srv/seen")`
Source: https://docs.python.org/3/library/ast.html
"""

import ast
from functools import cached_property

from migrator.scripts.words import Word

MOST_FUNCTIONS = 200


class Functions(ast.NodeVisitor):
    """The part of the visitor that knows who calls whom."""

    tree: ast.Module
    names: dict[str, Word]

    def _word(self, node: ast.AST | None, depth: int = 0) -> Word:
        """What an expression says."""
        raise NotImplementedError

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A parameter is what its function is called with where that is written out, else its default."""
        before = dict(self.names)
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        defaults = node.args.defaults
        for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            if isinstance(value, ast.Constant | ast.Name | ast.Call) and (word := self._word(value)).text:
                self.names[name] = word._replace(is_known=False)
        for at, name in enumerate(names):
            for call in self.calls.get(node.name, ())[:1]:
                if at < len(call.args) and (word := self._word(call.args[at])).text.startswith("/"):
                    self.names[name] = word._replace(is_known=False)
            if name not in self.names or self.names[name] is before.get(name):
                self.names.pop(name, None)  # a name of the text outside is another
        self.generic_visit(node)
        for name in names:
            self.names.pop(name, None)
            if name in before:
                self.names[name] = before[name]

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
    def calls(self) -> dict[str, list[ast.Call]]:
        """The calls of each name."""
        found: dict[str, list[ast.Call]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found.setdefault(node.func.id, []).append(node)
        return found

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        """The functions that run a command which they are given: the first ones, which are looked through for each."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)][:MOST_FUNCTIONS]

    def _given(self, name: str, row: int) -> list[ast.expr]:
        """What is given for a parameter of the function around a line, where that function is called."""
        found: list[ast.expr] = []
        for function in self.functions:
            if function.lineno <= row <= (function.end_lineno or 0):
                names = [argument.arg for argument in function.args.args]
                at = names.index(name) if name in names else -1
                found += [call.args[at] for call in self.calls.get(function.name, ())[:10] if 0 <= at < len(call.args)]
        return found
