-- Run once, when the database is made: the benchmark and the cost score count statements with it.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
