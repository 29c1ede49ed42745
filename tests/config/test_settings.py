"""Settings: who beats whom, what is refused, and that the shipped file says the truth."""

import contextlib
import tomllib
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmterm.config.sections import KEYS
from pmterm.config.settings import (
    Settings,
    default_config_text,
    load_settings,
    settings_given,
)
from pmterm.config.sources import from_file, line_numbers
from pmterm.config.units import Unit, ValueWrongError, read_value, value_text
from pmterm.model.errors import SettingsWrong
from pmterm.model.ids import Venue
from pmterm.paper.latency import PaperSettings
from pmterm.trading.risk.limits import PROFILES


@pytest.fixture
def places(tmp_path):
    for name in ("here", "user"):
        (tmp_path / name).mkdir()
    return tmp_path / "here", tmp_path / "user"


def load(places, project="", user="", environ=None, flags=None):
    here, home = places
    if project:
        (here / "config.toml").write_text(project)
    if user:
        (home / "config.toml").write_text(user)
    return load_settings(flags or {}, environ or {}, here, home)


def refusal(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(SettingsWrong) as caught:
        settings_of(path)
    assert caught.value.exit_code == 2
    assert str(path) in str(caught.value)
    return str(caught.value)


def settings_of(path):
    return settings_given(from_file(path))


def bare(found):
    return msgspec.structs.replace(found, shown=())


def test_nothing_given_is_the_defaults(places):
    assert bare(load(places)) == Settings()


def test_the_shipped_file_equals_the_defaults(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(default_config_text())
    for profile, limits in PROFILES.items():
        text = default_config_text().replace('profile = "standard"', f'profile = "{profile}"')
        path.write_text(text)
        assert settings_of(path) == Settings(risk=limits)


def test_the_shipped_file_shows_every_key_with_a_comment():
    text = default_config_text()
    written = line_numbers(text)
    lines = text.splitlines()
    for name in KEYS:
        section = name.rpartition(".")[0]
        if name in written or section in {"risk.cautious", "risk.grind"}:
            continue
        assert section == "risk", f"config.toml lacks {name}"
    for name, number in written.items():
        if name in KEYS and not name.startswith(("risk.cautious", "risk.grind")):
            assert lines[number - 2].startswith("# "), f"{name} has no comment"


def test_every_profile_lists_all_it_changes():
    document = tomllib.loads(default_config_text(), parse_float=Decimal)
    for profile in ("cautious", "grind"):
        changed = {
            key.name.rpartition(".")[2]
            for key in KEYS.values()
            if key.name.startswith(f"risk.{profile}.")
            and key.default != KEYS[f"risk.standard.{key.name.rpartition('.')[2]}"].default
        }
        assert set(document["risk"][profile]) == changed


def test_flag_beats_environment_beats_project_beats_user(places):
    user = '[general]\ntheme = "light"\nunits = "dollars"\n[sim]\nseed = 2\nport = 5\n'
    project = '[general]\ntheme = "dark"\n[sim]\nseed = 3\nport = 6\n'
    environ = {"PMTERM_GENERAL__THEME": "dark", "PMTERM_SIM__SEED": "4", "HOME": "/x"}
    found = load(places, project, user, environ, {"general.theme": "classic"})
    assert (found.general.theme, found.sim.seed, found.sim.port) == ("classic", 4, 6)
    assert found.general.units == "dollars"
    here, home = places
    assert found.sources["general.theme"] == "command line"
    assert found.sources["sim.seed"] == "environment variable PMTERM_SIM__SEED"
    assert found.sources["sim.port"] == f"{here / 'config.toml'} line 5"
    assert found.sources["general.units"] == f"{home / 'config.toml'} line 3"
    assert found.sources["general.ascii"] == "default"


def test_values_come_in_our_units(places):
    text = """
[paper]
cash = "2500.50"
latency_s = 0.25
slippage_percent = 1.5
[risk]
max_position = 40
max_spread = 0.05
loss_cooldown_s = 90
[signals]
panic_volume = 2.5
panic_change_percent = -4
spike_depth = 75
min_baseline_s = 30
"""
    found = load(places, text)
    assert found.cash == 2_500_500_000
    assert found.paper.latency == 250_000_000
    assert found.manual.slippage_ppm == 15_000
    assert found.risk.max_position == 40_000_000
    assert found.risk.max_spread == 500
    assert found.risk.loss_cooldown == 90_000_000_000
    assert found.signals.panic_volume_ppm == 2_500_000
    assert found.signals.panic_change_ppm == -40_000
    assert found.signals.spike_depth == 75_000_000
    assert found.signals.min_baseline_s == 30


def test_the_paper_venue_is_set_field_for_field():
    handed_over = PaperSettings(**msgspec.structs.asdict(Settings().paper))
    assert handed_over == PaperSettings()


def test_a_profile_brings_its_limits_and_can_be_changed(places):
    text = '[risk]\nprofile = "cautious"\n[risk.cautious]\nmax_total = 60\n[risk.standard]\n'
    found = load(places, text + "max_total = 9\n")
    changed = msgspec.structs.replace(PROFILES["cautious"], max_total=60_000_000)
    assert found.risk == changed
    either = load(places, environ={"PMTERM_RISK__MAX_TOTAL": "50"}, flags={"risk.profile": "grind"})
    assert either.risk == msgspec.structs.replace(PROFILES["grind"], max_total=50_000_000)


def test_a_whole_copy_of_the_shipped_file_does_not_pin_the_profile(places):
    found = load(places, default_config_text(), flags={"risk.profile": "cautious"})
    assert found.risk == PROFILES["cautious"]


def test_off_switches_a_limit_off(places):
    assert load(places, '[risk]\nmax_position = "off"\n').risk.max_position == 0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[risk]\nmax_position = -5\n", 2, "must not be negative"),
        ("[risk]\nmax_position = 0\n", 2, 'write "off"'),
        ("[risk]\n\nmax_position = '-0.01'\n", 3, "must not be negative"),
        ("[risk]\nmax_spread = 50\n", 2, "fifty cents are 0.50"),
        ("[risk]\nmax_total = true\n", 2, "expected a number (dollars)"),
        ("[risk]\nmax_total = [1]\n", 2, "expected a number"),
        ("[risk]\nmax_total = nan\n", 2, "expected a number"),
        ("[risk]\nmax_total = inf\n", 2, "expected a number"),
        ("[risk]\nmax_total = 1e40\n", 2, "expected a number"),
        ("[risk]\nmax_total = 0.00000001\n", 2, "expected a number"),
        ("[risk]\nmax_total = 2000000000\n", 2, "billion"),
        ("[risk]\nmove_window_s = 'off'\n", 2, "expected a number"),
        ("[risk]\nlosses_in_row = 2.5\n", 2, "a whole number"),
        ('[risk]\nprofile = "yolo"\n', 2, '"standard", "cautious", "grind"'),
        ("[general]\nslow = 1\n", 2, "true or false"),
        ("[general]\ntheme = 5\n", 2, "a text in quotes"),
        ("[general]\ntheme = 'drak'\n", 2, 'one of "dark", "classic", "light"'),
        ("[sim]\nport = 65536\n", 2, "65535"),
        ('[general]\ntheme = "a\\u001b[2Jb"\n', 2, "one line"),
        ("[signals]\npanic_change_percent = 3\n", 2, "must be negative (a fall)"),
        ("[paper]\ncash = 0\n", 2, "must not be 0"),
        ("[store]\nretention_days = 0\n", 2, "must not be 0"),
        ("[strategies]\nmin_signals = 49\n", 2, "must be at least 50, but is 49."),
        ("[strategies]\nsmall_trades = 0\n", 2, "must not be 0"),
        ("[strategies]\nsmall_trades = 49\n", 2, "must be at least 50, but is 49."),
        ("[strategies]\nask_over = 500.01\n", 2, "must be at most 500, but is 500.01."),
        ('[hosts.kalshi]\napi = "http://evil.example"\n', 2, "https://"),
        ('[hosts.kalshi]\napi = "ftp://a"\n', 2, "https://"),
        ('[hosts.kalshi]\nstream = "https://a.example"\n', 2, "wss://"),
        ('[hosts.kalshi]\napi = "https://user:pw@a.example"\n', 2, "https://"),
        ('[hosts.kalshi]\napi = "https://[oops"\n', 2, "https://"),
    ],
)
def test_what_cannot_be_taken_is_told_with_file_and_line(tmp_path, text, line, words):
    said = refusal(tmp_path, text)
    assert f"line {line}:" in said
    assert words in said


def test_what_strategies_have_to_show_can_be_made_stricter(places):
    text = "[strategies]\nmin_signals = 51\nsmall_trades = 60\nask_over = 499.99\n"
    rules = load(places, text).strategies.rules
    assert (rules.min_signals, rules.small_trades, rules.ask_over) == (51, 60, 499_990_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[risk]\nmax_positon = 5\n", "Did you mean risk.max_position?"),
        ("[rsik]\nmax_position = 5\n", "Did you mean risk?"),
        ("[genral]\n", "Did you mean general?"),
        ("[general]\nmax_position = 5\n", "Did you mean risk"),
        ("theme = 'dark'\n", "Did you mean general.theme?"),
        ("[risk.yolo]\nmax_position = 5\n", "no section risk.yolo"),
        ("[kalshi]\nsecret = 'x'\n", "no key kalshi.secret"),
        ("general = 5\n", "no key general"),
        ("[general]\ntheme.dark = 1\n", "a text in quotes"),
    ],
)
def test_an_unknown_key_suggests_the_nearest(tmp_path, text, words):
    assert words in refusal(tmp_path, text)


@pytest.mark.parametrize("text", ["[general\n", "a = \n", "a = 1\na = 2\n", "[a]\n[a]\n"])
def test_what_is_no_toml_is_told_with_its_line(tmp_path, text):
    said = refusal(tmp_path, text)
    assert "not valid TOML" in said


def test_a_file_that_is_no_text_is_told(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsWrong, match="not UTF-8"):
        settings_of(path)
    with pytest.raises(SettingsWrong, match="no such file"):
        settings_of(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("PMTERM_RISK__MAX_POSITON", "Did you mean PMTERM_RISK__MAX_POSITION?"),
        ("PMTERM_RISK_MAX_POSITION", "Did you mean PMTERM_RISK__MAX_POSITION?"),
        ("PMTERM_XYZZY", "config show"),
    ],
)
def test_an_unknown_variable_is_told(places, variable, words):
    with pytest.raises(SettingsWrong, match=variable) as caught:
        load(places, environ={variable: "5"})
    assert words in str(caught.value)


def test_a_wrong_variable_or_flag_is_told_by_name(places):
    with pytest.raises(SettingsWrong, match=r"environment variable PMTERM_SIM__SEED: sim\.seed"):
        load(places, environ={"PMTERM_SIM__SEED": "abc"})
    with pytest.raises(SettingsWrong, match=r"command line: general\.slow"):
        load(places, flags={"general.slow": "perhaps"})


def test_the_kalshi_key_has_plain_variables(places):
    environ = {"PMTERM_KALSHI_KEY_ID": "id", "PMTERM_KALSHI_KEY_FILE": "/k.pem"}
    found = load(places, environ=environ).kalshi
    assert (found.key_id, found.key_file) == ("id", "/k.pem")


def test_another_programs_file_in_this_folder_is_left_alone(places):
    text = 'baseURL = "https://example.org"\n[menu]\nmain = 1\n'
    assert bare(load(places, text)) == Settings()


def test_a_pmterm_toml_is_always_ours(places):
    here, _ = places
    (here / "pmterm.toml").write_text("[menu]\n")
    with pytest.raises(SettingsWrong, match="no section menu"):
        load(places)


def test_hosts_are_handed_out_by_venue(places):
    text = (
        '[hosts.kalshi]\napi = "http://127.0.0.1:80/trade-api/v2/"\nstream = "ws://localhost:1"\n'
    )
    hosts = load(places, text).hosts
    assert hosts.bases()[Venue.KALSHI, "api"] == "http://127.0.0.1:80/trade-api/v2"
    assert hosts.streams()[Venue.KALSHI] == "ws://localhost:1"
    assert set(hosts.bases()) == {
        (Venue.KALSHI, "api"), (Venue.POLYMARKET, "clob"), (Venue.POLYMARKET, "gamma"),
        (Venue.POLYMARKET, "data"),
    }  # fmt: skip


def test_every_key_shows_a_value_that_can_be_read_back(places):
    shown = {line.key: line.value for line in load(places).shown}
    for name, text in shown.items():
        key = KEYS[name]
        assert read_value(key, text) == key.default, name
    assert shown["paper.cash"] == "10000"
    assert shown["signals.panic_change_percent"] == "-3"
    assert shown["risk.standard.max_positions"] == "off"


@settings(max_examples=300, deadline=None)
@given(
    key=st.sampled_from(sorted(KEYS.values(), key=lambda k: k.name)),
    value=st.one_of(
        st.integers(), st.decimals(), st.text(max_size=30), st.booleans(), st.lists(st.integers())
    ),
)
def test_no_value_gets_past_its_range(key, value):
    try:
        taken = read_value(key, value)
    except ValueWrongError:
        return
    if key.unit in {Unit.TEXT, Unit.CHOICE, Unit.HTTP_URL, Unit.STREAM_URL}:
        assert isinstance(taken, str)
    elif key.unit is Unit.FLAG:
        assert isinstance(taken, bool)
    else:
        assert type(taken) is int
        assert abs(taken) < 2**63
        if isinstance(key.default, int) and key.default > 0:
            assert taken > 0 or key.takes_zero or (key.takes_off and value == "off")
        assert read_value(key, value_text(key, taken)) == taken


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(alphabet="[]=\"risk.maxpogneral\n -0123456789#{},'", max_size=120))
def test_no_text_escapes_as_another_error(tmp_path, text):
    path = Path(tmp_path / "noise.toml")
    path.write_text(text)
    with contextlib.suppress(SettingsWrong):
        settings_of(path)


def test_a_value_given_as_it_is_anyway_counts_as_no_change(places):
    found = load(places, user="[sim]\nseed = 1\nport = 5\n")
    assert [line.key for line in found.shown if line.is_changed] == ["sim.port"]
