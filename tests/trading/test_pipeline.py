from pmterm.messages.base import Message
from pmterm.trading.pipeline import Pipeline


class Asked(Message, frozen=True):
    text: str = ""


class Said(Message, frozen=True):
    text: str = ""


class Stage:
    def __init__(self, name, hears, recalled=None):
        self.name, self._hears, self.recalled = name, hears, recalled

    def hears(self):
        return self._hears

    def recalls(self):
        return {} if self.recalled is None else {Asked: self.recalled.append}


def test_what_no_stage_hears_comes_back_alone():
    assert Pipeline([]).on(Asked(1)) == [Asked(1)]


def test_a_reply_reaches_later_stages_only():
    heard = []
    early = Stage("early", {Said: lambda m: heard.append("early") or ()})
    speaker = Stage("speaker", {Asked: lambda m: [Said(m.at, "reply")]})
    late = Stage("late", {Said: lambda m: heard.append("late") or ()})
    said = Pipeline([early, speaker, late]).on(Asked(1))
    assert said == [Asked(1), Said(1, "reply")]
    assert heard == ["late"]


def test_an_event_reaches_every_stage_that_hears_it_in_order():
    heard = []
    stages = [Stage(n, {Asked: lambda m, n=n: heard.append(n) or ()}) for n in "abc"]
    Pipeline(stages).on(Asked(1))
    assert heard == ["a", "b", "c"]


def test_a_stage_that_hears_its_own_kind_of_word_does_not_hear_itself():
    echo = Stage("echo", {Asked: lambda m: [Asked(m.at, "again")]})
    assert Pipeline([echo]).on(Asked(1)) == [Asked(1), Asked(1, "again")]


def test_recalling_is_silent_and_reaches_the_stages_that_want_it():
    remembered = []
    stage = Stage("s", {Asked: lambda m: [Said(m.at)]}, remembered)
    Pipeline([stage, Stage("other", {})]).recall(Asked(7))
    assert remembered == [Asked(7)]


def test_a_handler_that_stages_share_is_called_once_where_the_first_of_them_stands():
    heard = []

    class Shared:
        def hear(self, message):
            heard.append("shared")
            return ()

    shared = Shared()
    stages = [
        Stage("first", {Asked: lambda m: heard.append("first") or ()}),
        Stage("second", {Asked: shared.hear}),
        Stage("third", {Asked: lambda m: heard.append("third") or ()}),
        Stage("fourth", {Asked: shared.hear}),
    ]
    Pipeline(stages).on(Asked(1))
    assert heard == ["first", "shared", "third"]
