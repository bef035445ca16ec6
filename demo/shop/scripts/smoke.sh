#!/usr/bin/env bash
# Asks the shop that runs in an environment whether it is the one that was deployed, and whether it sells anything.
set -euo pipefail
: "${PROMOTE_ENVIRONMENT:?which environment?}" "${SHOP_HOME:?where do the environments run?}"
node scripts/smoke.js "$SHOP_HOME/$PROMOTE_ENVIRONMENT"
