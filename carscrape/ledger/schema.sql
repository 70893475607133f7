-- The schema of a ledger. Change it together with `SCHEMA_VERSION` in schema.py.
create table query (
    id text primary key, text text not null, attributes text not null,  -- JSON object
    filters text not null default '{}'           -- JSON object: what the search was narrowed to
);
create table page (
    id integer primary key, engine text not null, query text not null, number integer not null,
    cursor text, verdict text,                   -- null: not asked yet
    found integer, repeats integer, detail text not null default '',
    capped integer,                              -- had more than these so many wanted per query
    tries integer not null default 0, not_before real not null default 0, fetched_at real,
    unique (engine, query, number)
);
create index page_open on page (engine, not_before, id) where verdict is null;
create table result (
    page integer not null, rank integer not null, image integer not null,
    page_url text, title text, thumbnail text, width integer, height integer, licence text,
    licence_url text, author text,
    primary key (page, rank)
) without rowid;
create index result_image on result (image);
create table image (
    id integer primary key, url text not null unique, host text not null,
    outcome text, final integer not null default 0,  -- outcome null: not asked yet
    detail text not null default '', tries integer not null default 0,
    not_before real not null default 0,
    sha256 text, type text, claimed_type text, width integer, height integer, bytes integer,
    fetched_at real,
    asks integer not null default 0,             -- by every run, the free ones too
    hops text                                    -- JSON list: URLs it was redirected to
);
create index image_open on image (host, not_before, id) where final = 0;
create index image_stored on image (sha256) where sha256 is not null;
create table host (
    name text primary key, not_before real not null, down text not null  -- why; "" if only paused
);
create table hit (
    id integer primary key, engine text not null, phrase text not null,
    subject text not null, term text not null,   -- subject: JSON object
    day text not null default '',                -- UTC, of the series: each phrase once a day
    asked_locale text not null default '',       -- language and market that were asked for
    locale text not null default '',             -- that the page says it is in
    count integer, raw text not null default '', verdict text, detail text not null default '',
    tries integer not null default 0, not_before real not null default 0, fetched_at real,
    unique (engine, phrase, subject, asked_locale, day)
);
create index hit_open on hit (engine, not_before, id) where verdict is null;
create table run (
    id integer primary key, spider text not null, arguments text not null,
    versions text not null, started_at real not null, ended_at real, reason text,
    exit_code integer,
    boot text not null default ''                -- of the system it ran in
);
create table note (name text primary key, value text not null);
