#!/bin/sh
echo "deploying mail $PROMOTE_VERSION to $PROMOTE_ENVIRONMENT"
