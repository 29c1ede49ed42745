import pytest

from pmterm.config.parameters import names, with_parameters
from pmterm.config.settings import Settings
from pmterm.model.errors import UsageWrong


def test_a_parameter_is_set_by_its_name_and_nothing_else_changes():
    usual = Settings()
    changed = with_parameters(usual, {"fade.target_ppm": "80000", "signals.rearm_s": "60"})
    assert (changed.strategies.fade.target_ppm, changed.signals.rearm_s) == (80_000, 60)
    assert changed.strategies.fomo == usual.strategies.fomo
    assert with_parameters(changed, {"fade.target_ppm": "75000", "signals.rearm_s": "30"}) == usual


@pytest.mark.parametrize("name", names())
def test_every_parameter_can_be_set(name):
    value = "-7" if name == "signals.panic_change_ppm" else "7"
    assert with_parameters(Settings(), {name: value}) != Settings()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("fade.target", "1", "Did you mean fade.target_ppm?"),
        ("nothing", "1", "It is one of fade.target_ppm"),
        ("fade.target_ppm", "7.5", "is no whole number"),
        ("fade.target_ppm", "", "is no whole number"),
        ("fade.target_ppm", "-1", "wrong sign"),
        ("signals.panic_change_ppm", "30000", "wrong sign"),
        ("rules.sizing", "1", "there is no parameter"),
    ],
)
def test_what_cannot_be_set_is_told(name, text, words):
    with pytest.raises(UsageWrong) as caught:
        with_parameters(Settings(), {name: text})
    assert words in str(caught.value)
