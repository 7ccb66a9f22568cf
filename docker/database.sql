-- Run once, when the database is made. RunAt's processes own their database and are no superuser of the server; that
-- one has no password, so it is reached from within this container only.
\getenv password POSTGRES_PASSWORD
CREATE ROLE runat LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE runat OWNER runat;
ALTER ROLE postgres PASSWORD NULL;
\connect runat
-- The benchmark and the cost score count statements with it.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
