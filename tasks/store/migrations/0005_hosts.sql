-- Hosts that asked by Retry-After to be left alone until a time. A table of a few rows: the last wish of each host.

CREATE TABLE pipeline.hosts (
    host VARCHAR PRIMARY KEY,
    until TIMESTAMP NOT NULL,
    http_status INTEGER NOT NULL,
    noted_at TIMESTAMP NOT NULL
);
