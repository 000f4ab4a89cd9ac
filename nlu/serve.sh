#!/bin/sh
# Rasa in its container. Without an argument it starts Rasa; "health" asks whether a model is loaded;
# "secret" prints what it shares with the application.
#
# LOTSE_SECRET       the installation's secret, the same as the application's
# LOTSE_ACTIONS_URL  where Rasa reaches the application
set -eu

# One secret is given and every purpose has its own: the same derivation as in lotse/settings.py.
: "${LOTSE_SECRET:?the secret that the application has too}"
LOTSE_RASA_SECRET=$(python -c '
import hashlib, hmac, os
key = os.environ["LOTSE_SECRET"].strip().encode()
print(hmac.new(key, b"rasa", hashlib.sha256).hexdigest())
')
export LOTSE_RASA_SECRET

case "${1:-run}" in
run)
    : "${LOTSE_ACTIONS_URL:?where Rasa reaches the application, such as http://web:8080}"
    exec rasa run --interface 0.0.0.0 --port 5005 --model /models/lotse.tar.gz \
        --endpoints dialogues/endpoints.yml --credentials dialogues/credentials.yml
    ;;
health)
    exec python -c '
import urllib.request
urllib.request.urlopen("http://127.0.0.1:5005/webhooks/lotse/", timeout=4)
'
    ;;
secret)
    echo "$LOTSE_RASA_SECRET"
    ;;
*)
    echo "serve.sh [run|health|secret]" >&2
    exit 2
    ;;
esac
