#!/bin/sh
# Runs once, when PostgreSQL makes its cluster: the owner, who migrates, and the application, who may not.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$OWNER_PASSWORD" --set application_password="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE febris_owner LOGIN CREATEROLE CREATEDB PASSWORD :'owner_password';
CREATE ROLE febris_app LOGIN PASSWORD :'application_password';
GRANT febris_app TO febris_owner;
CREATE DATABASE febris OWNER febris_owner;
SQL
