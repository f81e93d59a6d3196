"""Reads what the parts of a pipeline say only together.

Line: `find /var/spool/in -mtime +7 -print0 | xargs -0r rm -f`
Source: find(1), xargs(1).
"""

import posixpath

from tree_sitter import Node

from migrator.scripts import options, special_files, wrappers
from migrator.scripts.reading import Context, Notes
from migrator.scripts.words import Word, Words


class Pipes:
    """The part of the walker that looks at more than one command."""

    notes: Notes
    words: Words
    context: Context
    descriptors: dict[str, Word]
    loops: int
    tested: set[str]
    looked: set[str]
    asked: dict[str, int]
    decides: set[str]
    touched: dict[str, int]

    def run(self, argv: tuple[Word, ...], variables: dict[str, Word], row: int, wraps: int) -> None:
        """Read one simple command."""
        raise NotImplementedError

    def _fed(self, before: list[Node], node: Node) -> None:
        """`find DIR ... | xargs rm`: what is deleted are files below DIR."""
        words = tuple(self.words.word(child) for child in node.children)
        at = next((at for at, word in enumerate(words[:6]) if posixpath.basename(word.text) == "xargs"), None)
        fed = options.split(words[at + 1 :], wrappers.XARGS_TAKE, stop_at_operand=True).operands if at is not None else ()
        if not fed or posixpath.basename(fed[0].text) not in special_files.DELETERS:
            return
        for part in before:
            inner = part
            while inner.type == "redirected_statement" and inner.children:
                inner = inner.children[0]
            argv = tuple(self.words.word(child) for child in inner.children if child.is_named)
            names = [posixpath.basename(word.text) for word in argv]
            at = next((at for at, name in enumerate(names) if name in {"find", "ls"}), None)
            if at is not None:
                special_files.fed_to_rm(self, names[at], argv[at + 1 :], node.start_point[0])
