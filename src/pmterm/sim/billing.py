"""The bill of the evening: invented teams, and the markets both venues list on their match."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec

from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import CENT_GRID, Market, Outcome, PriceBand
from pmterm.model.units import PRICE_ONE, SECOND, Ns
from pmterm.sim.listing import Listing, condition_of, token_of

TEAMS = (
    ("Ember Foxes", "emb"),
    ("Tidal Nine", "tdl"),
    ("Glass Cannons", "gls"),
    ("Night Ferry", "nfy"),
    ("Paper Lanterns", "ppl"),
    ("Iron Orchard", "iro"),
    ("Salt Circuit", "slt"),
    ("Quiet Thunder", "qth"),
)
LEAGUE = "Lighthouse Open"
DELAY = 3 * SECOND  # the taker delay seen on esports is 1 or 3 s
POLYMARKET_FEES = FeeSchedule(FeeKind.POLYMARKET, 50_000)
KALSHI_FEES = FeeSchedule(FeeKind.KALSHI, 70_000)
TAPERED = (
    PriceBand(0, 1_000, 10),
    PriceBand(1_000, 9_000, 100),
    PriceBand(9_000, PRICE_ONE, 10),
)
EASTERN = timezone(timedelta(hours=-5))
HOUR = 3_600 * SECOND


Team = tuple[str, str]  # name, code


class Bout(msgspec.Struct, frozen=True):
    """Who meets whom, and when."""

    first: Team
    second: Team
    starts_at: Ns

    @property
    def title(self) -> str:
        """The match in words."""
        return f"Valorant: {self.first[0]} vs {self.second[0]}"

    @property
    def slug(self) -> str:
        """Polymarket's name of the event."""
        day = datetime.fromtimestamp(self.starts_at // SECOND, UTC).date().isoformat()
        return f"val-{self.first[1]}-{self.second[1]}-{day}"

    @property
    def ticker(self) -> str:
        """Kalshi's name of the event; its time is US Eastern."""
        when = datetime.fromtimestamp(self.starts_at // SECOND, EASTERN)
        codes = (self.first[1] + self.second[1]).upper()
        return f"KXVALORANTGAME-{when.strftime('%y%b%d%H%M').upper()}{codes}"


def listings_of(bout: Bout) -> list[Listing]:
    """Return the five markets on a match: winner, map 1, map 2, and Kalshi's two."""
    return [
        _polymarket(bout, "", f"{bout.title} (BO3) - {LEAGUE}", 1),
        _polymarket(bout, "-game1", f"{bout.title} - Map 1 Winner", 2),
        _polymarket(bout, "-game2", f"{bout.title} - Map 2 Winner", 3),
        _kalshi(bout, bout.first, bout.second),
        _kalshi(bout, bout.second, bout.first),
    ]


def _polymarket(bout: Bout, suffix: str, question: str, number: int) -> Listing:
    slug = bout.slug + suffix
    market = Market(
        id=condition_of(slug),
        venue=Venue.POLYMARKET,
        title=question,
        outcomes=(
            Outcome(bout.first[0], token_of(slug + "/0")),
            Outcome(bout.second[0], token_of(slug + "/1")),
        ),
        slug=slug,
        event=bout.slug,
        event_title=f"{bout.title} (BO3) - {LEAGUE}",
        category="Sports",
        rules="Resolves to the team that wins. An invented match on a local exchange.",
        bands=CENT_GRID,
        min_qty=5_000_000,
        fees=POLYMARKET_FEES,
        taker_delay=DELAY,
        starts_at=bout.starts_at,
        closes_at=bout.starts_at + 6 * HOUR,
        clears_book_on_start=True,
    )
    group = "Match Winner" if not suffix else f"Map {number - 1} Winner"
    kind = "child_moneyline" if suffix else "moneyline"
    return Listing(market, kind, group, series="valorant", number=900_000 + number, game=77_001)


def _kalshi(bout: Bout, team: Team, other: Team) -> Listing:
    ticker = f"{bout.ticker}-{team[1].upper()}"
    match = f"{bout.first[0]} vs. {bout.second[0]}"
    market = Market(
        id=MarketId(ticker),
        venue=Venue.KALSHI,
        title=f"Will {team[0]} win the {match} Valorant match?",
        outcomes=(Outcome(team[0]), Outcome(other[0])),
        slug=ticker,
        event=bout.ticker,
        event_title=match,
        category="Sports",
        rules=f"If {team[0]} wins the invented match {match}, then the market resolves to Yes.",
        bands=TAPERED,
        min_qty=10_000,
        fees=KALSHI_FEES,
        starts_at=bout.starts_at,
        closes_at=bout.starts_at + 48 * HOUR,
    )
    return Listing(market, subtitle=team[0], series="KXVALORANTGAME", grid_name="tapered_deci_cent")
