#!/bin/sh
echo "deploying shop $PROMOTE_VERSION to $PROMOTE_ENVIRONMENT"
