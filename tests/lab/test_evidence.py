"""`pmterm evidence`: recordings of any kind in, one document out, every figure with its n."""

import re

import pytest
import zstandard
from tests.lab.recordings import HOCKEY, KALSHI, lines_of, write_recording
from typer.testing import CliRunner

from pmterm.cli.program import app
from pmterm.compose.evidence import evidence, pieces_in, play
from pmterm.lab.evidence import document, facts_of
from pmterm.lab.readers import kalshi_deltas, kalshi_seconds, kalshi_tickers, polymarket_seconds
from pmterm.lab.readers.sources import SOURCES
from pmterm.messages.feed import BookLost, BookSnapshot, LevelSet, MarketSeen, TouchSeen, TradeSeen
from pmterm.messages.signals import SignalKind
from pmterm.model.errors import RecordingBroken, UsageWrong
from pmterm.model.order import Side
from pmterm.model.units import QTY_ONE, SECOND

FIGURE = re.compile(r"[-+]?[0-9.]+ (?:%|points)")
N = re.compile(r"\bn \d+|\bof \d+")


def packed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zstandard.ZstdCompressor().compress(text.encode()))
    return path


def seconds_of(minutes):
    """A market of 15 minutes as Polymarket's poller wrote it: flat, then a jump that comes back."""
    head = (
        "Timestamp,TargetTime,Expiration,UpBid,UpAsk,UpMid,UpSpread,UpBidLiquidity,UpAskLiquidity"
    )
    rows = [head]
    for second in range(minutes * 60):
        at = f"2026-01-01 10:{second // 60:02d}:{second % 60:02d}"
        wave = (0, 1, 0, -1)[second // 7 % 4]
        bid = 50 + wave + (12 if 400 <= second < 430 else 0)
        rows.append(
            f"{at},2026-01-01 10:00:00,2026-01-01 10:15:00,{bid / 100},{(bid + 1) / 100},,,900,800"
        )
    return "\n".join(rows) + "\n"


@pytest.fixture
def folder(tmp_path):
    """Recordings of three sources, small."""
    (tmp_path / "wire").mkdir()
    write_recording(tmp_path / "wire/kalshi_KXBTC15M_a.ndjson.zst", lines_of(KALSHI))
    write_recording(tmp_path / "wire/polymarket_nhl_a.ndjson.zst", lines_of(HOCKEY))
    packed(tmp_path / "polymarket_1s_btc15m/day.csv.zst", seconds_of(14))
    return tmp_path


def test_the_command_writes_the_document(folder, tmp_path):
    out = tmp_path / "evidence.md"
    answer = CliRunner().invoke(
        app, ["evidence", str(folder), "-o", str(out), "--nulls", "1", "--workers", "1", "--json"]
    )
    assert answer.exit_code == 0, answer.output
    text = out.read_text()
    for source in ("Kalshi BTC 15 min", "Polymarket hockey", "Polymarket BTC 15 min, 1 s"):
        assert f"## {source}\n" in text
    assert "Kalshi Super Bowl" not in text  # nothing of it was there
    assert "## The same questions where the truth is known" in text
    assert str(tmp_path) not in text
    assert "No edge" in text


def test_every_figure_has_its_n(folder):
    played = [play(piece) for piece in pieces_in(folder)]
    text = document(SOURCES, played, [])
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    cells = [cell for row in rows for cell in row.split(" | ") if FIGURE.search(cell)]
    assert cells
    assert [cell for cell in cells if not N.search(cell)] == []
    said = [line for line in text.splitlines() if line.startswith("- **") and "came back " in line]
    assert [line for line in said[:6] if FIGURE.search(line) and not N.search(line)] == []


def test_what_is_found_does_not_change_from_run_to_run(folder):
    first, again = ([play(piece) for piece in pieces_in(folder)] for _ in range(2))
    assert document(SOURCES, first, []) == document(SOURCES, again, [])


def test_a_signal_shows_up_in_its_row(folder):
    played = [play(piece) for piece in pieces_in(folder)]
    seen = [case.signal.kind for one in played for case in one.cases]
    assert SignalKind.SPIKE in seen
    facts = facts_of(SOURCES, played)
    assert facts["Polymarket BTC 15 min, 1 s: spike"] == "n 1: not known: 1 signal of 30"
    row = next(
        line
        for line in document(SOURCES, played, []).splitlines()
        if line.startswith("| spike | 1 ")
    )
    assert "| 100.0 % [20.7, 100.0] n 1 |" in row  # the jump came back


def test_too_few_is_not_known(folder):
    facts = facts_of(SOURCES, [play(piece) for piece in pieces_in(folder)])
    told = [str(value) for name, value in facts.items() if ": " in name]
    assert told
    assert all("not known" in value for value in told)


@pytest.mark.parametrize("place", ["nowhere/evidence.md", "wire"])
def test_a_document_that_cannot_be_written_is_told(folder, place):
    out = folder / place
    with pytest.raises(UsageWrong, match="cannot be written") as told:
        evidence(folder, out, 0, 1)
    assert str(out) in told.value.detail
    assert "--out" in told.value.hint


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_judged(folder, capsys):
    (folder / "wire/kalshi_KXBTC15M_b.ndjson.zst").write_bytes(b"no zstd at all")
    packed(folder / "polymarket_1s_btc15m/other.csv.zst", "other,columns\n1,2\n")
    packed(folder / "polymarket_1s_btc15m/words.csv.zst", seconds_of(1).replace("0.51", "much"))
    out = folder / "evidence.md"
    facts, code = evidence(folder, out, 0, 1)
    assert code == 6
    names = ["kalshi_KXBTC15M_b.ndjson.zst", "other.csv.zst", "words.csv.zst"]
    assert [one["recording"] for one in facts["left out"]] == names
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["left out"] * 3
    text = out.read_text()
    alone = document(
        SOURCES, [play(piece) for piece in pieces_in(folder) if piece.path.name not in names], []
    )
    assert text.startswith(alone)
    for name in names:
        assert name in text.removeprefix(alone)
    assert str(folder) not in text


def test_a_folder_of_which_no_file_can_be_read_is_told(tmp_path):
    packed(tmp_path / "polymarket_1s_btc15m/other.csv.zst", "other,columns\n1,2\n")
    out = tmp_path / "evidence.md"
    with pytest.raises(RecordingBroken, match=r"other\.csv\.zst: a row does not read"):
        evidence(tmp_path, out, 0, 1)
    assert not out.exists()


def test_nothing_to_play_is_told(tmp_path):
    with pytest.raises(UsageWrong, match="no recordings that are known"):
        pieces_in(tmp_path)
    assert CliRunner().invoke(app, ["evidence"]).exit_code != 0


def test_polymarket_seconds(tmp_path):
    text = seconds_of(1).replace("10:00:30,", "10:00:09,", 1)  # a row that steps back
    said = list(polymarket_seconds.read(packed(tmp_path / "a.csv.zst", text)))
    books = [one for one in said if isinstance(one, BookSnapshot)]
    assert isinstance(said[0], MarketSeen)
    assert len(books) == 59
    assert books[0].bids == ((5_000, 900 * QTY_ONE),)
    assert books[0].asks == ((5_100, 800 * QTY_ONE),)


def test_an_empty_side_is_no_price(tmp_path):
    text = (
        "timestamp,ticker,best_bid_price,best_bid_size,best_ask_price,best_ask_size\n"
        "2026-02-08T19:00:00.5,KXSB-26-NE,0.32,10,0.33,20\n"
        "2026-02-08T19:00:01.5,KXSB-26-NE,,,0.01,20\n"
        "2026-02-08T19:01:00.5,KXSB-26-NE,0.30,10,0.31,20\n"
    )
    said = list(kalshi_seconds.read(packed(tmp_path / "a.csv.zst", text)))
    assert [type(one) for one in said] == [
        MarketSeen, BookSnapshot, BookSnapshot, BookLost, BookSnapshot,
    ]  # fmt: skip
    assert said[2].bids == ()
    assert said[0].market.event == "KXSB-26"
    assert said[3].at == said[2].at + 10 * SECOND  # from when nobody knew


def test_deltas_never_show_more_than_stood(tmp_path):
    text = (
        "timestamp,event_type,price,side,size,best_bid,best_ask\n"
        ",book,0.43,BUY,100,0.43,0.44\n"
        ",book,0.44,SELL,50,0.43,0.44\n"
        "2026-01-03T20:41:20.133567Z,price_change,0.42,BUY,-30,0.43,0.44\n"
        "2026-01-03T20:41:21.000000Z,price_change,0.42,BUY,5,0.43,0.44\n"
        "1767472882,last_trade_price,0.44,BUY,7,0.43,0.44\n"
        "2026-01-03T20:41:23.000000Z,price_change,0.44999999999999996,SELL,9,0.43,0.44\n"
    )
    said = list(kalshi_deltas.read(packed(tmp_path / "Kalshi_MIA.csv.zst", text)))
    assert said[0].market.event == "MIA-MIN"
    assert said[1].bids == ((4_300, 100 * QTY_ONE),)
    levels = [(one.side, one.price, one.qty) for one in said if isinstance(one, LevelSet)]
    assert levels == [
        (Side.BUY, 4_200, 0), (Side.BUY, 4_200, 5 * QTY_ONE), (Side.SELL, 4_500, 9 * QTY_ONE),
    ]  # fmt: skip
    trades = [one for one in said if isinstance(one, TradeSeen)]
    assert [(one.price, one.qty, one.taker) for one in trades] == [(4_400, 7 * QTY_ONE, Side.BUY)]
    assert [one.at for one in said] == sorted(one.at for one in said)


def test_tickers_tell_what_was_traded(tmp_path):
    words = (
        '{"market_ticker":"KX-1","price_dollars":"0.38","volume_fp":"VOL","yes_bid_dollars":"0.38",'
        '"yes_bid_size_fp":"2","yes_ask_dollars":"0.39","yes_ask_size_fp":"3"}'
    )
    line = '{"event_type":"ticker","local_recv_ns":AT,"payload_json":' + words + "}"
    lines = [line.replace("AT", f"{n}000000000").replace("VOL", f"{n}0") for n in (5, 6)]
    said = list(kalshi_tickers.read(packed(tmp_path / "a.ndjson.zst", "\n".join(lines))))
    assert [one.volume for one in said if isinstance(one, TouchSeen)] == [50_000_000, 60_000_000]
    assert sum(isinstance(one, BookSnapshot) for one in said) == 2


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "a.csv.zst"
    path.write_bytes(b"no zstd at all")
    with pytest.raises(RecordingBroken, match=r"a\.csv\.zst"):
        list(polymarket_seconds.read(path))
