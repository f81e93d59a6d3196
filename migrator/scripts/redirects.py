"""Reads redirections of a shell program: files that are read and written, and what becomes of a crontab line's output."""

import re

from tree_sitter import Node

from migrator.scripts.commands import name_of
from migrator.scripts.noting import note_path
from migrator.scripts.programs import program
from migrator.scripts.reading import Call, Context, Notes, absolute
from migrator.scripts.words import Word, Words, text_of

# an interpreter that is given no file
INTERPRETS = re.compile(r"(?:sudo\s+(?:-[EHin]+\s+|-u\s+[\w-]+\s+)*)?(?:[\w/]*/)?(\w[\w.]*)(?:\s+-[a-z]*)*")


class Redirects:
    """The part of the walker that follows `>`, `<`, `2>&1` and here documents."""

    notes: Notes
    context: Context
    words: Words
    descriptors: dict[str, Word]
    touched: dict[str, int]  # files that only mark something

    def _walk(self, node: Node, top: bool = False) -> None:
        raise NotImplementedError

    def _while_statement(self, node: Node, top: bool, source: str | None = None) -> None:
        raise NotImplementedError

    def _substitutions(self, node: Node) -> None:
        raise NotImplementedError

    def _redirected_statement(self, node: Node, top: bool) -> None:
        body = node.children[0] if node.children else None
        redirects = [c for c in node.children if c.type in {"file_redirect", "herestring_redirect", "heredoc_redirect"}]
        source = None
        for redirect in redirects:
            if redirect.type == "file_redirect" and text_of(redirect).lstrip("0").startswith("<"):
                target = self._target(redirect)
                source = f"lines of {absolute(target.text, self.words.folder)}" if target else None
        if body is not None and body not in redirects:
            inner = body
            if inner.type == "while_statement":
                self._while_statement(inner, False, source)
            else:
                self._walk(inner, False if top and redirects else top)
        is_exec = body is not None and text_of(body).strip() == "exec"
        is_mark = body is None or body in redirects or name_of(text_of(body)[:200]) in {":", "true", "date", "echo"}
        for redirect in redirects if is_mark else ():  # `: > FLAG`, `date > STAMP`: for somebody who asks whether it is there
            if redirect.type == "file_redirect" and (mark := self._target(redirect)) is not None and "/etc/" not in mark.text:
                self.touched.setdefault(absolute(mark.text, self.words.folder), redirect.start_point[0])
        self._told(node, body, redirects)
        outputs: dict[str, str] = {}
        for redirect in redirects:
            self._redirect(redirect, is_exec, outputs)
        if top and self.context.is_command_line:
            self._note_output(outputs, node)

    def _told(self, node: Node, body: Node | None, redirects: list[Node]) -> None:
        """A program that stands in a here document: `python3 - <<EOF`, `sudo bash <<EOF`."""
        asked = INTERPRETS.fullmatch(text_of(body).strip()[:200]) if body is not None else None
        known = program(asked[1]) if asked is not None else None
        for redirect in redirects if known is not None and known.language else ():
            text = next((text_of(child) for child in redirect.children if child.type == "heredoc_body"), "")
            if redirect.type == "heredoc_redirect" and text.strip():
                evidence = self.notes.evidence(node.start_point[0])
                language = known.language if known is not None else None
                self.notes.call(
                    Call("", language, evidence, working_directory=self.words.folder, inline=text, certain="$" not in text)
                )

    def _note_output(self, outputs: dict[str, str], node: Node) -> None:
        """What becomes of the two output streams of the last command of a crontab line."""
        row = node.start_point[0]
        out, error = outputs.get("1"), outputs.get("2")
        if out is None:
            self.notes.add("output", "mailed", row, detail="stderr discarded" if error == "/dev/null" else None)
        elif error is None or error != out:
            self.notes.add("output", "mailed", row, detail="stderr" if error is None else None)
            if error == "/dev/null":
                self.notes.add("exit-ignored", "2>/dev/null", row, certain=False)
        elif out == "/dev/null":
            self.notes.add("output", "discarded", row)
        elif out.startswith("/") or not out.startswith("&"):
            self.notes.add("output", f"file:{out}", row, "$" not in out)

    def _target(self, redirect: Node) -> Word | None:
        parts = [c for c in redirect.children if c.is_named and c.type not in {"file_descriptor", "ERROR"}]
        return self.words.word(parts[0]) if parts else None  # behind `>&2` the grammar takes the arguments for more targets

    def _redirect(self, redirect: Node, is_exec: bool, outputs: dict[str, str]) -> None:
        for child in redirect.children:
            self._substitutions(child)
        if redirect.type == "heredoc_redirect":
            for child in redirect.children:
                if child.type == "file_redirect":
                    self._redirect(child, is_exec, outputs)
                elif child.is_named and child.type not in {"heredoc_body", "heredoc_start", "heredoc_end"}:
                    self._walk(child)
            return
        if redirect.type != "file_redirect":
            return
        row = redirect.start_point[0]
        operator = next(
            (text_of(c) for c in redirect.children if c.type in {"<", ">", ">>", ">&", "&>", "&>>", ">|", "<&", "<>"}), ">"
        )
        descriptor = next((text_of(c) for c in redirect.children if c.type == "file_descriptor"), "")
        target = self._target(redirect)
        if target is None:
            return
        if operator == "<":
            self.path("reads-path", target, row)
            return
        if operator in {">&", "<&"} and (target.text.isdigit() or target.text == "-"):
            outputs[descriptor or "1"] = outputs.get(target.text, f"&{target.text}")
            return
        path = absolute(target.text, self.words.folder)
        for stream in ("1", "2") if operator in {"&>", "&>>", ">&"} else (descriptor or "1",):
            outputs[stream] = path
        if (is_exec and descriptor and descriptor not in {"1", "2"}) or descriptor not in {"", "0", "1", "2"}:
            self.descriptors[descriptor] = target
        if path != "/dev/null":
            is_empty = redirect.parent is not None and redirect.parent.children[0] == redirect and operator == ">"
            self.path("writes-path", target, row, "append" if operator in {">>", "&>>"} else "emptied" if is_empty else None)

    def path(self, kind: str, word: Word, row: int, detail: str | None = None) -> None:
        """Note a path; devices and descriptors are none."""
        note_path(self.notes, kind, word, self.words.folder, row, detail, self.context.variables)
