#!/usr/bin/env bash
# Copies production's data, masked, into the database at DATABASE_URL.
set -euo pipefail
: "${PRODUCTION_DATABASE_URL:?where is the data of production?}" "${DATABASE_URL:?where does it go?}"
node dist/fetch-snapshot.js
