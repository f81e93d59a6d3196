"""The screen of `migrator review`: open questions on the left, one with what each of its answers would change on the right."""

from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from migrator import review
from migrator.errors import PlanError
from migrator.model.finding import Question
from migrator.reviewing import Consequence, Reviewing, in_words
from migrator.terminal import safe

WAITING = "what this changes is being worked out ..."
SAME = "changes nothing but this question"


def show(reviewing: Reviewing) -> None:
    """Run the screen until nothing is left to ask or the person stops; every answer is kept when it is given."""
    ReviewScreen(reviewing).run()


def _plain(text: str) -> Content:
    """Text that can neither style the screen nor do anything to the terminal, whatever a crontab holds."""
    return Content(safe(text))


class ReviewScreen(App[None]):
    """One question at a time; free text has an input line, choices a list."""

    TITLE = "migrator review"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #verdicts { height: auto; padding: 0 1; text-style: bold; border-left: thick $warning; margin: 0 0 1 0; }
    #open { width: 38%; max-width: 60; border-right: solid $panel; }
    #open:focus, #choices:focus { border: none; }
    #asked { padding: 0 2; }
    #text { text-style: bold; }
    #hint { color: $text-muted; margin: 0 0 1 0; }
    #choices { height: auto; border: none; padding: 0; }
    #free { margin: 0 0 1 0; }
    #said { height: auto; max-height: 8; padding: 0 1; border-top: solid $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "", "take the marked answer", show=True),
        Binding("tab", "app.focus_next", "other list", show=True),
        Binding("ctrl+s", "skip", "skip", show=True, priority=True),
        Binding("ctrl+q", "quit", "stop", show=True, priority=True),
    ]

    def __init__(self, reviewing: Reviewing) -> None:
        super().__init__()
        self.reviewing = reviewing
        self.asked: Question | None = None

    def compose(self) -> ComposeResult:
        """The parts of the screen, from the top."""
        yield Static(id="verdicts", markup=False)
        with Horizontal():
            yield OptionList(id="open", markup=False)
            with Vertical(), VerticalScroll(id="asked"):
                yield Static(id="text", markup=False)
                yield Static(id="hint", markup=False)
                yield OptionList(id="choices", markup=False)
                yield Input(id="free")
                yield Static(id="preview", markup=False)
        yield Static(id="said", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Ask the first question."""
        self._say(
            f"Enter takes the marked answer, Tab changes sides. Answers are kept at once in {self.reviewing.decisions_file}."
        )
        self._ask(self.reviewing.question())

    def action_skip(self) -> None:
        """Leave the question open and ask the next one."""
        if self.asked is not None:
            self.reviewing.skip(self.asked)
            self._ask(self.reviewing.question())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A choice is taken; in the list of questions another one is asked."""
        if event.option_list.id == "choices" and self.asked is not None:
            self._take(self.asked.choices[event.option_index])
        elif event.option_list.id == "open":
            self._ask(self.reviewing.open()[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Free text is taken if it can be."""
        if self.asked is not None:
            why = review.refused(self.asked, event.value)
            if why is None:
                self._take(event.value)
            else:
                self._say(why)

    def _take(self, answer: str) -> None:
        assert self.asked is not None
        try:
            changes = self.reviewing.take(self.asked.id, answer)
        except PlanError as error:  # what only deciding can tell: a zone that does not exist, a factor below 1
            self._say(str(error))
            return
        told = "\n".join(in_words(change) for change in changes) or "Nothing else changes."
        self._say(f"{self.asked.id}: {answer}\n{told}")
        self._ask(self.reviewing.question())

    def _ask(self, question: Question | None) -> None:
        if question is None:
            self.exit()
            return
        self.asked = question
        self.query_one("#verdicts", Static).update(_plain("\n".join(self.reviewing.verdicts())))
        waiting = self.query_one("#open", OptionList)
        waiting.clear_options()
        for number, one in enumerate(self.reviewing.open()):
            if number:
                waiting.add_option(None)
            waiting.add_option(Option(_plain(one.text)))
            if one.id == question.id:
                waiting.highlighted = number
        self.query_one("#text", Static).update(_plain(question.text))
        self.query_one("#hint", Static).update(_plain(question.hint))
        choices, free = self.query_one("#choices", OptionList), self.query_one("#free", Input)
        choices.display, free.display = bool(question.choices), not question.choices
        self._choices({})
        if question.choices:
            choices.highlighted = question.choices.index(question.default) if question.default in question.choices else 0
            choices.focus()
        else:
            free.value = safe(question.default)
            free.focus()
        self._work_out(question)

    @work(thread=True, exclusive=True)
    def _work_out(self, question: Question) -> None:
        """What each answer would change, beside the screen: deciding takes a moment."""
        told: dict[str, Consequence] = {}
        for one in question.choices or ((question.default,) if question.default else ()):
            told[one] = self.reviewing.consequence(question, one)
            self.call_from_thread(self._tell, question, dict(told))

    def _tell(self, question: Question, told: dict[str, Consequence]) -> None:
        if self.asked is not None and self.asked.id == question.id:
            self._choices(told)

    def _choices(self, told: dict[str, Consequence]) -> None:
        """Each choice with what it changes, as far as that is worked out; the marked one stays marked."""
        assert self.asked is not None
        choices, preview = self.query_one("#choices", OptionList), self.query_one("#preview", Static)
        marked = choices.highlighted
        choices.clear_options()
        for answer in self.asked.choices:
            default = "  (default)" if answer == self.asked.default else ""
            choices.add_option(Option(_plain(f"{answer}{default}\n{_changed(told.get(answer))}")))
        choices.highlighted = marked if marked is not None and marked < len(self.asked.choices) else None
        default = self.asked.default
        text = f"{default}:\n{_changed(told.get(default))}" if not self.asked.choices and default else ""
        preview.update(_plain(text))

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(_plain(text))


def _changed(consequence: Consequence | None) -> str:
    if consequence is None:
        return f"  {WAITING}"
    return "\n".join(f"  {in_words(change)}" for change in consequence.changes) or f"  {SAME}"
