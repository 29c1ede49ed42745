-- The store, version 1. One SQLite file in WAL mode.
--
-- Units are those of model/units.py: prices in 1e-4 USD, sizes in 1e-6 contracts, money in 1e-6 USD,
-- times in Unix nanoseconds. Prices are on the YES scale. The journal is the truth: every table that
-- names orders, fills, positions, signals or state is written in the journal's own transactions and
-- could be made again from it. Snapshots and trades are market data, kept for a limited time.

-- Every message that must survive, in order. `crc` is CRC-32 of "seq session at type body", so that a
-- flipped bit is seen. Rows are never changed and never deleted: `seq` has no gaps.
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    session TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    body    BLOB    NOT NULL,
    crc     INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_by_session ON journal (session, seq);

CREATE TABLE sessions (
    session    TEXT    PRIMARY KEY,
    started_at INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    mode       TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    cash       INTEGER NOT NULL
) STRICT;

CREATE TABLE markets (
    market   TEXT    PRIMARY KEY,
    venue    TEXT    NOT NULL,
    title    TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    category TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    result   TEXT    NOT NULL,
    seen_at  INTEGER NOT NULL,
    body     BLOB    NOT NULL
) STRICT;

-- One row per order id, as it stands. `price` and `qty` follow amends.
CREATE TABLE orders (
    id         TEXT    PRIMARY KEY,
    session    TEXT    NOT NULL,
    market     TEXT    NOT NULL,
    side       TEXT    NOT NULL,
    price      INTEGER NOT NULL,
    qty        INTEGER NOT NULL,
    filled     INTEGER NOT NULL,
    tif        TEXT    NOT NULL,
    origin     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    made_at    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_market ON orders (market, made_at);

CREATE TABLE fills (
    id       TEXT    PRIMARY KEY,
    session  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    order_id TEXT    NOT NULL,
    market   TEXT    NOT NULL,
    side     TEXT    NOT NULL,
    price    INTEGER NOT NULL,
    qty      INTEGER NOT NULL,
    fee      INTEGER NOT NULL,
    is_maker INTEGER NOT NULL,
    venue_at INTEGER NOT NULL
) STRICT;
CREATE INDEX fills_by_time ON fills (at);

CREATE TABLE positions (
    market   TEXT    PRIMARY KEY,
    at       INTEGER NOT NULL,
    qty      INTEGER NOT NULL,
    average  INTEGER NOT NULL,
    cost     INTEGER NOT NULL,
    realised INTEGER NOT NULL,
    fees     INTEGER NOT NULL
) STRICT;

-- Signal ids count anew in every session.
CREATE TABLE signals (
    session  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    market   TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    advice   TEXT    NOT NULL,
    score    INTEGER NOT NULL,
    mid2     INTEGER NOT NULL,
    before2  INTEGER NOT NULL,
    best_bid INTEGER NOT NULL,
    best_ask INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    reasons  TEXT    NOT NULL,
    PRIMARY KEY (session, id)
) STRICT;
CREATE INDEX signals_by_time ON signals (at);

CREATE TABLE signal_outcomes (
    session  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    reverted INTEGER NOT NULL,
    after    INTEGER NOT NULL,
    best     INTEGER NOT NULL,
    worst    INTEGER NOT NULL,
    net      INTEGER NOT NULL,
    is_known INTEGER NOT NULL,
    PRIMARY KEY (session, id)
) STRICT;

-- What the last session left: 'gate' (state and reason), 'cash' (1e-6 USD).
CREATE TABLE system_state (
    name  TEXT    PRIMARY KEY,
    at    INTEGER NOT NULL,
    value TEXT    NOT NULL
) STRICT;

-- Every market twice a second of message time; once a minute while its book stands still.
CREATE TABLE snapshots (
    session    TEXT    NOT NULL,
    market     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    best_bid   INTEGER NOT NULL,
    best_ask   INTEGER NOT NULL,
    bid_qty    INTEGER NOT NULL,
    ask_qty    INTEGER NOT NULL,
    bid_depth  INTEGER NOT NULL,
    ask_depth  INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    traded     INTEGER NOT NULL,
    is_trusted INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshots_by_time ON snapshots (at);

-- The tape: what others traded.
CREATE TABLE trades (
    session  TEXT    NOT NULL,
    market   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    venue_at INTEGER NOT NULL,
    price    INTEGER NOT NULL,
    qty      INTEGER NOT NULL,
    taker    TEXT    NOT NULL,
    trade_id TEXT    NOT NULL
) STRICT;
CREATE INDEX trades_by_time ON trades (at);
