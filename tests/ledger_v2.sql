-- A ledger as version 2 of the schema left it: a search, and counts of two days.
create table query (
    id text primary key, text text not null, attributes text not null  -- JSON object
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
    count integer, raw text not null default '', verdict text, detail text not null default '',
    tries integer not null default 0, not_before real not null default 0, fetched_at real,
    unique (engine, phrase, subject)
);
create index hit_open on hit (engine, not_before, id) where verdict is null;
create table run (
    id integer primary key, spider text not null, arguments text not null,
    versions text not null, started_at real not null, ended_at real, reason text,
    exit_code integer,
    boot text not null default ''                -- of the system it ran in
);
create table note (name text primary key, value text not null);
pragma user_version = 2;
insert into query values ('q1', 'green ford', '{"word": "green ford"}');
insert into page (id, engine, query, number, verdict, found, repeats, tries, fetched_at)
    values (1, 'demo', 'q1', 0, 'results', 2, 0, 1, 1.0);
insert into image (id, url, host, outcome, final, tries, fetched_at, asks, hops) values
    (1, 'http://127.0.0.2:1/gone', '127.0.0.2:1', 'gone', 1, 1, 1.0, 2, '["http://127.0.0.3:1/"]'),
    (2, 'http://10.0.0.1/x.jpg', '10.0.0.1', 'address', 1, 0, 1.0, 0, null);
insert into result values (1, 0, 1, '', '', '', null, null, 'CC0'),
    (1, 1, 2, '', '', '', null, null, '');
insert into hit (id, engine, phrase, subject, term, count, raw, verdict, tries, fetched_at) values
    (1, 'demo', '"Ford car"', '{"make": "Ford"}', 'car', 1200, '1,200 results', 'results', 1,
        1763900000.0),
    (2, 'demo', '"Ford suv"', '{"make": "Ford"}', 'suv', null, '', 'results', 1, 1764000000.0),
    (3, 'demo', '"Ford van"', '{"make": "Ford"}', 'van', null, '', null, 0, null);
insert into run (spider, arguments, versions, started_at, boot) values ('hitcounts', '{}', '{}', 1.0, 'x');
