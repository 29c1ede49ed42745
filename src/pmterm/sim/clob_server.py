"""The CLOB's public REST: books, prices and markets by token or condition."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from pmterm.model.fees import FeeKind
from pmterm.model.ids import MarketId
from pmterm.model.units import PRICE_ONE, SECOND, Price
from pmterm.sim.answers import answer
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_rows import clob_market_info, clob_row
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_words import book_of, last_words, price_words, tick_words
from pmterm.sim.world import Clock

CLOB = "/clob"
MOST_BOOKS = 500
MANY = ("midpoints", "spreads", "prices", "last-trades-prices")
NO_MARKET = {"error": "market not found"}
NO_BOOK = {"error": "No orderbook exists for the requested token id"}


class ClobServer:
    """Answers as the CLOB does, under /clob."""

    def __init__(
        self, states: Mapping[MarketId, MarketState], clock: Clock, switches: PolymarketSwitches
    ) -> None:
        self._states = states
        self._clock = clock
        self._switches = switches
        self._tokens: dict[str, tuple[MarketState, int]] = {
            outcome.token: (state, index)
            for state in states.values()
            for index, outcome in enumerate(state.listing.market.outcomes)
        }

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{CLOB}/book", self._book),
            web.post(f"{CLOB}/books", self._books),
            web.get(f"{CLOB}/time", self._time),
            web.get(f"{CLOB}/ok", self._ok),
            web.get(f"{CLOB}/", self._ok),
            web.get(f"{CLOB}/markets/{{condition}}", self._clob_market),
            web.get(f"{CLOB}/tick-size", self._tick_size),
            web.get(f"{CLOB}/neg-risk", self._neg_risk),
            web.get(f"{CLOB}/midpoint", self._midpoint),
            web.get(f"{CLOB}/spread", self._spread),
            web.get(f"{CLOB}/price", self._price),
            web.get(f"{CLOB}/last-trade-price", self._last_price),
            web.get(f"{CLOB}/prices-history", self._prices_history),
            *(web.post(f"{CLOB}/{name}", self._many) for name in MANY),
            web.get(f"{CLOB}/version", self._version),
            web.get(f"{CLOB}/fee-rate", self._fee_rate),
            web.get(f"{CLOB}/clob-markets/{{condition}}", self._info),
            web.get(f"{CLOB}/markets-by-token/{{token}}", self._by_token),
        ]

    def find_token(self, token: str) -> tuple[MarketState, int] | None:
        """Return the market of a token and which of its outcomes it is."""
        known = self._tokens.get(token)
        return None if known is None or known[0].market in self._switches.hidden else known

    def _asked(self, request: web.Request) -> tuple[MarketState, int] | web.Response:
        token = request.query.get("token_id", "")
        if not token.isdigit():
            return answer({"error": "Invalid token id"}, 400)
        known = self.find_token(token)
        if known is None or not known[0].is_open:
            return answer(NO_BOOK, 404)
        return known

    def _found(self, row: dict[str, Any]) -> tuple[MarketState, int] | None:
        return self.find_token(str(row.get("token_id")))

    async def _book(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        return answer(book_of(*asked, self._clock.now(), is_rest=True))

    async def _asked_many(
        self, request: web.Request
    ) -> list[tuple[MarketState, int]] | web.Response:
        """Return what a list of tokens means; one that is not known is left out."""
        try:
            rows = msgspec.json.decode(await request.read(), type=list[dict[str, Any]])
        except msgspec.MsgspecError:
            return answer({"error": "Invalid payload"}, 400)
        if len(rows) > MOST_BOOKS:
            return answer({"error": "Payload exceeds the limit"}, 400)
        return [found for row in rows if (found := self._found(row)) is not None]

    async def _books(self, request: web.Request) -> web.Response:
        asked = await self._asked_many(request)
        if isinstance(asked, web.Response):
            return asked
        now = self._clock.now()
        return answer([book_of(*found, now, is_rest=True) for found in asked])

    async def _many(self, request: web.Request) -> web.Response:
        """Answer the twins that take many tokens: maps by token, a list of last trades."""
        asked = await self._asked_many(request)
        if isinstance(asked, web.Response):
            return asked
        name = request.path.rsplit("/", 1)[-1]
        if name == "last-trades-prices":
            return answer(
                [{"token_id": _token(*found), **_last_trade(found[0])} for found in asked]
            )
        return answer({_token(*found): _priced(name, *_touch(*found)) for found in asked})

    async def _time(self, _: web.Request) -> web.Response:
        return answer(self._clock.now() // SECOND)

    async def _ok(self, _: web.Request) -> web.Response:
        return answer("OK")

    async def _version(self, _: web.Request) -> web.Response:
        return answer({"version": 2})

    async def _fee_rate(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        is_free = asked[0].listing.market.fees.kind is FeeKind.NONE
        return answer({"base_fee": 0 if is_free else 1_000})

    async def _info(self, request: web.Request) -> web.Response:
        state = self._states.get(MarketId(request.match_info["condition"]))
        if state is None or state.market in self._switches.hidden:
            return answer(NO_MARKET, 404)
        return answer(clob_market_info(state))

    async def _by_token(self, request: web.Request) -> web.Response:
        found = self._found({"token_id": request.match_info["token"]})
        if found is None:
            return answer(NO_MARKET, 404)
        market = found[0].listing.market
        return answer(
            {
                "condition_id": market.id,
                "primary_token_id": market.outcomes[0].token,
                "secondary_token_id": market.outcomes[1].token,
            }
        )

    async def _clob_market(self, request: web.Request) -> web.Response:
        state = self._states.get(MarketId(request.match_info["condition"]))
        if state is None or state.market in self._switches.hidden:
            return answer(NO_MARKET, 404)
        return answer(clob_row(state))

    async def _tick_size(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        return answer({"minimum_tick_size": float(tick_words(asked[0]))})

    async def _neg_risk(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        return answer({"neg_risk": asked[0].listing.market.neg_risk})

    async def _midpoint(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        bid, ask = _touch(*asked)
        return answer({"mid": price_words((bid + ask) // 2)})

    async def _spread(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        bid, ask = _touch(*asked)
        return answer({"spread": price_words(ask - bid)})

    async def _price(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        side = request.query.get("side", "").upper()
        if side not in {"BUY", "SELL"}:
            return answer({"error": "Invalid side"}, 400)
        bid, ask = _touch(*asked)
        return answer({"price": price_words(bid if side == "BUY" else ask)})

    async def _last_price(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        if isinstance(asked, web.Response):
            return asked
        return answer(_last_trade(asked[0]))

    async def _prices_history(self, request: web.Request) -> web.Response:
        known = self._found({"token_id": request.query.get("market", "")})
        if known is None:
            return answer({"history": []})
        state, outcome = known
        minutes = {
            trade.at // (60 * SECOND) * 60: trade.price if not outcome else PRICE_ONE - trade.price
            for trade in state.trades
        }
        return answer({"history": [{"t": t, "p": p / PRICE_ONE} for t, p in minutes.items()]})


def _touch(state: MarketState, outcome: int) -> tuple[int, int]:
    if outcome == 0:
        return state.best_bid, state.best_ask
    return PRICE_ONE - state.best_ask, PRICE_ONE - state.best_bid


def _token(state: MarketState, outcome: int) -> str:
    return state.listing.market.outcomes[outcome].token


def _last_trade(state: MarketState) -> dict[str, str]:
    if not state.trades:
        return {"price": "0.5", "side": ""}
    return {"price": last_words(state), "side": state.trades[-1].taker.value.upper()}


def _priced(name: str, bid: Price, ask: Price) -> str | dict[str, str]:
    if name == "midpoints":
        return price_words((bid + ask) // 2)
    if name == "spreads":
        return price_words(ask - bid)
    return {"BUY": price_words(bid), "SELL": price_words(ask)}
