"""Polymarket's refusals in our words: what happened, what it means for the money, what to do.

Sources: Polymarket docs, error-codes, rate-limits and matching-engine, read 2026-08; answers told
of in the issues of the vendor's clients to 2026-10. Texts come with tails and with numbers inside,
so they are recognised by a part. `code` is ours and stable.
"""

import re
from typing import Final

import msgspec

from pmterm.messages.said import VenueMood
from pmterm.model.text import clean_text

NOTHING: Final = "Nothing was placed and no money moved."
UNSURE: Final = "Whether it was placed is not known yet; pmterm is finding out."
DOCTOR: Final = "Run `pmterm doctor`."
LATER: Final = "Try again a little later."


class Refusal(msgspec.Struct, frozen=True):
    """What an error text means.

    `is_proof`: it proves that the order was not taken; otherwise whether it was is not known.
    `mood` is what the venue takes now, as far as this text tells.
    """

    code: str
    reason: str
    is_proof: bool = True
    mood: VenueMood | None = None


class _Row(msgspec.Struct, frozen=True):
    """One row of the table; `tells` is a pattern, its groups may stand in `says`."""

    code: str
    tells: str
    says: str
    is_proof: bool = True
    mood: VenueMood | None = None


_TABLE: Final = (
    # It is there already: not a refusal at all.
    _Row(
        "duplicate",
        r"Duplicated|INVALID_ORDER_DUPLICATED",
        "Polymarket already has this very order: it was placed once, and only once. "
        "Your money backs that one order; cancel it if it is not wanted.",
        is_proof=False,
    ),
    # What the venue takes at all.
    _Row(
        "trading_off",
        r"Trading is currently disabled",
        f"Polymarket has switched trading off for everybody. {NOTHING} Resting orders stay and "
        "cannot be cancelled until it is on again; wait, and see polymarket.com.",
        mood=VenueMood.CLOSED,
    ),
    _Row(
        "cancel_only",
        r"Trading is currently cancel-only",
        f"Polymarket takes only cancels now. {NOTHING} You can take orders back; "
        "new ones have to wait.",
        mood=VenueMood.CANCEL_ONLY,
    ),
    _Row(
        "post_only_now",
        r"post-only mode|post_only_mode",
        "Polymarket takes only post-only orders for about two minutes after a restart. "
        f"{NOTHING} Place it as post-only, or wait.",
        mood=VenueMood.POST_ONLY,
    ),
    _Row(
        "not_ready",
        r"Service is not ready",
        f"Polymarket is starting up. {UNSURE} Wait until it answers.",
        is_proof=False,
        mood=VenueMood.RESTARTING,
    ),
    _Row(
        "too_fast",
        r"rate.?limit|too many requests",
        f"We asked Polymarket too often. {NOTHING} Wait a few seconds and try again.",
    ),
    # Who asks.
    _Row(
        "bad_key",
        r"Unauthorized|Invalid api key",
        f"Polymarket does not accept the API key. {NOTHING} It may be revoked, or this computer's "
        f"clock is off. {DOCTOR}",
        mood=VenueMood.LOGGED_OUT,
    ),
    _Row(
        "bad_wallet_proof",
        r"Invalid L1 Request headers",
        f"Polymarket does not accept the wallet's signature. {NOTHING} The private key is not this "
        f"account's, or this computer's clock is off. {DOCTOR}",
        mood=VenueMood.LOGGED_OUT,
    ),
    _Row(
        "key_not_made",
        r"Could not create api key",
        "Polymarket made no new API key; there is one for this wallet already. No money is "
        "involved. Run `pmterm keys add polymarket` again: it derives the one there is.",
    ),
    _Row(
        "key_not_derived",
        r"Could not derive api key",
        "This wallet has no API key yet. No money is involved. Run `pmterm keys add polymarket`; "
        "it makes one.",
    ),
    _Row(
        "key_of_other",
        r"order owner has to be the owner of the API KEY",
        f"The order names another API key than the one that sent it. {NOTHING} The stored key "
        "is not this account's: run `pmterm keys add polymarket` again.",
    ),
    _Row(
        "wallet_of_other",
        r"order signer address has to be the address of the API KEY",
        f"The API key belongs to another wallet than the one that signed. {NOTHING} Wallet kind "
        "or funder is set wrong: run `pmterm keys add polymarket` again.",
    ),
    _Row(
        "wrong_wallet",
        r"maker address not allowed",
        "Polymarket lets this account trade only through its deposit wallet, and the order came "
        f"from another. {NOTHING} Run `pmterm keys add polymarket` again and take the deposit "
        "wallet; on polymarket.com move the money there if it is not.",
    ),
    _Row(
        "banned",
        r"address banned",
        f"Polymarket has banned this account. {NOTHING} pmterm cannot change that: write to "
        "Polymarket's support.",
    ),
    _Row(
        "closed_only",
        r"closed only mode",
        f"This account may only close what it holds, usually because of its region. {NOTHING} "
        "You can sell positions and cancel orders, not open new ones.",
    ),
    # The order itself.
    _Row(
        "off_tick",
        r"breaks minimum tick size rule(?:: (?P<number>[0-9.]{1,12}))?|INVALID_ORDER_MIN_TICK_SIZE",
        f"The price is not on this market's grid{{number}}; the grid may have just changed. "
        f"{NOTHING} Choose a price on a tick.",
    ),
    _Row(
        "too_small",
        r"lower than the minimum(?:: (?P<number>[0-9.]{1,12}))?|INVALID_ORDER_MIN_SIZE",
        f"The order is smaller than this market takes{{number}}. {NOTHING} Make it larger; "
        "to sell a small rest, sell at market.",
    ),
    _Row(
        "under_a_dollar",
        r"invalid amount for a marketable BUY order",
        f"A purchase that fills at once has to cost a dollar or more. {NOTHING} Buy more, or rest "
        "it below the ask.",
    ),
    _Row(
        "bad_precision",
        r"invalid amounts?\b.{0,200}accuracy",
        f"Polymarket does not take amounts with so many decimals. {NOTHING} Use a whole number of "
        "shares, or report this: pmterm should have rounded.",
    ),
    _Row(
        "no_money",
        r"not enough balance|INVALID_ORDER_NOT_ENOUGH_BALANCE",
        "The money or shares are not free, or the exchange may not move them. "
        f"{NOTHING} Shares just bought can be sold once settled, a few seconds later; otherwise "
        "order less, cancel what rests, or check the allowance with `pmterm doctor`.",
    ),
    _Row(
        "would_cross",
        r"crosses (?:the )?book|INVALID_POST_ONLY_ORDER(?!_TYPE)",
        f"A post-only order at that price would have traded at once. {NOTHING} Choose a price "
        "further from the other side, or place it without post-only.",
    ),
    _Row(
        "post_only_kind",
        r"INVALID_POST_ONLY_ORDER_TYPE|post.?only.{0,60}(?:GTC|GTD)",
        f"Only an order that rests can be post-only. {NOTHING} Use GTC or GTD with post-only.",
    ),
    _Row(
        "bad_expiration",
        r"invalid expiration|INVALID_ORDER_EXPIRATION",
        f"The order would end too soon or never. {NOTHING} Let it stand for at least two minutes; "
        "if it should have, check this computer's clock.",
    ),
    _Row(
        "bad_nonce",
        r"invalid nonce",
        f"Polymarket takes no order with this number any more. {NOTHING} Place it again.",
    ),
    _Row(
        "cancelled_on_chain",
        r"order canceled in the CTF exchange contract",
        f"This order was cancelled on the chain itself. {NOTHING} Place a new one if it is "
        "still wanted.",
    ),
    _Row(
        "wrong_exchange",
        r"order_version_mismatch",
        "The order was signed for another version of the exchange than trades this market. "
        f"{NOTHING} Update pmterm; until then this market cannot be traded with it.",
    ),
    _Row(
        "bad_order",
        r"Invalid order payload|Invalid payload|INVALID_ORDER_ERROR",
        f"Polymarket could not read the order. {NOTHING} Update pmterm, or report this.",
    ),
    _Row(
        "too_many",
        r"Too many orders in payload|Payload exceeds the limit",
        f"Too many orders in one request. {NOTHING} Send fewer at once.",
    ),
    _Row(
        "fok_killed",
        r"order couldn't be fully filled|FOK_ORDER_NOT_FILLED",
        "Not enough stood at that price to fill all of it, so none of it traded. "
        f"{NOTHING} Order less, at a worse price, or take a part (IOC).",
    ),
    _Row(
        "ioc_no_match",
        r"no orders found to match with FAK order",
        "Nothing stood at that price any more, so none of it traded. "
        f"{NOTHING} Order at a worse price, or let it rest.",
    ),
    _Row(
        "market_not_ready",
        r"not yet ready to process new orders|MARKET_NOT_READY",
        f"This market does not trade yet. {NOTHING} {LATER}",
    ),
    _Row(
        "no_market",
        r"market not found|No orderbook exists|Invalid token id",
        f"Polymarket's exchange does not know this market; new ones appear minutes later, old ones "
        f"close. {NOTHING} Look it up again.",
    ),
    _Row(
        "no_order",
        r"order not found|already canceled|Invalid orderID",
        "Polymarket has no such order working: it filled, was cancelled, or never arrived. "
        "What traded is read from the fills; nothing more can happen to it.",
        is_proof=False,
    ),
    _Row(
        "bad_heartbeat",
        r"Invalid Heartbeat ID",
        "Another program is sending this account's dead-man beats. Orders may be cancelled when "
        "either stops. Run only one of them.",
        is_proof=False,
    ),
    # The engine had it in hand: nothing of this is proof.
    _Row(
        "delayed",
        r"order match delayed|ORDER_DELAYED|DELAYING_ORDER_ERROR",
        f"Polymarket holds the order back for its taker delay. {UNSURE} Do not send it again.",
        is_proof=False,
    ),
    _Row(
        "engine_failed",
        r"no matching orders|FOK orders are filled or killed|could not insert order"
        r"|could not run the execution|EXECUTION_ERROR",
        f"Polymarket's engine failed with the order in hand; such orders have traded all the same. "
        f"{UNSURE} Do not send it again.",
        is_proof=False,
    ),
    _Row(
        "rounding",
        r"trade contains rounding issues|discrepancy greater than allowed",
        "Polymarket's engine stumbled over fractions while matching. "
        f"{UNSURE} Do not send it again; if it turns out not to be there, use whole shares.",
        is_proof=False,
    ),
)
_PATTERNS: Final = tuple((re.compile(row.tells, re.IGNORECASE), row) for row in _TABLE)
CODES: Final = tuple(row.code for row in _TABLE)
_LONGEST = 2_000


def known_refusal(text: str) -> Refusal | None:
    """Return what an error text means, None if it is none we know."""
    head = text[:_LONGEST]
    for pattern, row in _PATTERNS:
        found = pattern.search(head)
        if found is not None:
            number = found.groupdict().get("number")
            reason = row.says.format(number=f" ({number.rstrip('.')})" if number else "")
            return Refusal(row.code, reason, row.is_proof, row.mood)
    return None


def refusal(text: str) -> Refusal:
    """Return what an error text means; one we do not know is quoted and proves nothing."""
    known = known_refusal(text)
    if known is not None:
        return known
    quoted = clean_text(text, 160) or "nothing"
    reason = f"Polymarket said no in words pmterm does not know: “{quoted}”. {UNSURE}"
    return Refusal("unknown", reason, is_proof=False)
