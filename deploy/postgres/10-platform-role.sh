#!/usr/bin/env bash
# Run once by the image of PostgreSQL, on an empty volume: the platform gets a role that owns its database and is no superuser,
# because row-level security does not bind one. CREATEROLE lets `alpha-panda migrate` make the roles of namespaces.
set -euo pipefail

psql -v ON_ERROR_STOP=1 -v password="$ALPHA_PANDA_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE alpha_panda LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE alpha_panda OWNER alpha_panda TEMPLATE template0 ENCODING 'UTF8';
SQL
