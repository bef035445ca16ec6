#!/usr/bin/env bash
# Copies production's data as it is into the folder PROMOTE_SNAPSHOT.
set -euo pipefail
: "${PRODUCTION_DATABASE_URL:?where is the data of production?}" "${PROMOTE_SNAPSHOT:?where does it go?}"
node dist/fetch-snapshot.js
