#!/usr/bin/env bash
# Puts what is in dist/ into an environment whose database is migrated: starts the server, takes the place of the one that ran.
set -euo pipefail
: "${PROMOTE_ENVIRONMENT:?which environment?}" "${SHOP_HOME:?where do the environments run?}" "${DATABASE_URL:?which database?}"
home="$SHOP_HOME/$PROMOTE_ENVIRONMENT"
release="$home/releases/${PROMOTE_SHA:0:12}-$(date +%s)-$$"

mkdir -p "$(dirname "$release")"
cp -R dist "$release"
node scripts/start.js "$home" "$release"
