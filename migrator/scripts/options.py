"""Splits the arguments of a program into options with their values, and operands."""

from typing import NamedTuple

from migrator.scripts.words import Word


class Split(NamedTuple):
    """Options in order (a flag has no value), and what is left."""

    options: tuple[tuple[str, Word | None], ...]
    operands: tuple[Word, ...]

    def has(self, *names: str) -> bool:
        """True if one of the options is given; a short one may stand in a group (`-rf`)."""
        for option, _ in self.options:
            if option in names:
                return True
            is_group = option.startswith("-") and not option.startswith("--")
            if is_group and any(len(name) == 2 and name[0] == "-" and name[1] in option[1:] for name in names):
                return True
        return False

    def values(self, *names: str) -> tuple[Word, ...]:
        """The values of these options, in order."""
        return tuple(value for option, value in self.options if option in names and value is not None)


def split(arguments: tuple[Word, ...], takes_value: tuple[str, ...], stop_at_operand: bool = False, skips: int = 0) -> Split:
    """`-x V`, `-xV`, `--x V`, `--x=V` for options that take a value; flags otherwise; `--` ends the options.

    With `stop_at_operand` everything after the first `skips` operands belongs to the wrapped command, in `operands` too.
    """
    options: list[tuple[str, Word | None]] = []
    operands: list[Word] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        text = word.text
        at += 1
        if text == "--" and word.is_known:
            operands.extend(arguments[at:])
            break
        if not text.startswith("-") or text == "-":
            operands.append(word)
            if stop_at_operand and len(operands) > skips:
                operands.extend(arguments[at:])
                break
            continue
        name, separator, value = text.partition("=")
        short = text[:2]
        if separator and (text.startswith("--") or name in takes_value):
            options.append((name, word._replace(text=value)))
        elif text in takes_value:
            options.append((text, arguments[at] if at < len(arguments) else None))
            at += 1
        elif not text.startswith("--") and short in takes_value and len(text) > 2:
            options.append((short, word._replace(text=text[2:])))
        elif (
            not text.startswith("--") and len(text) > 2 and f"-{text[-1]}" in takes_value and text[1:].isalpha() and len(text) < 6
        ):
            options.append((text[:-1], None))  # a group whose last letter takes the value: -xzf FILE
            options.append((f"-{text[-1]}", arguments[at] if at < len(arguments) else None))
            at += 1
        else:
            options.append((text, None))
    return Split(tuple(options), tuple(operands))
