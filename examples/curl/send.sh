#!/usr/bin/env bash
# Sends a message and prints the reply. ADDRESS and TOKEN are what `make run` prints; needs jq.
set -euo pipefail
: "${ADDRESS:?and TOKEN are what make run prints}" "${TOKEN:?is what make run prints after Person}"

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
# Chosen once: however often it is sent, the message is there once.
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

jq --null-input --arg content "${1:-How do I begin?}" --arg key "$key" '{
  query: "mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    reply { content } quota { remaining } userErrors { code message retryAfterSeconds } } }",
  variables: {input: {content: $content, idempotencyKey: $key}}
}' >"$folder/request"

# What is lost, refused for now, or of an outcome that is not known, is sent again: after the seconds
# in Retry-After, or after 1, 2, 4 and 8.
for pause in 1 2 4 8 0; do
  status=$(curl --silent --max-time 60 --dump-header "$folder/head" --output "$folder/answer" \
    --write-out '%{http_code}' --header "Authorization: Bearer $TOKEN" \
    --header 'Content-Type: application/json' --data "@$folder/request" "$ADDRESS/graphql") ||
    status=lost
  # An answer that was cut off in its head is a whole one to curl, with nothing in it.
  [ "$(jq 'has("data") or has("errors")' "$folder/answer" 2>/dev/null)" = true ] || status=lost
  case $status in lost | 408 | 429 | 5??) ;; *) break ;; esac
  [ "$pause" != 0 ] || { echo "given up, with the status $status" >&2; exit 1; }
  asked=$(sed -n 's/^retry-after: *\([0-9]*\).*/\1/Ip' "$folder/head" 2>/dev/null || true)
  sleep "${asked:-$pause}"
done

jq --raw-output '
  .data.sendMessage as $sent
  | if .errors then .errors[0].message + "\n" | halt_error
    elif $sent.userErrors[0] then $sent.userErrors[0].message + "\n" | halt_error
    else $sent.reply.content, "\($sent.quota.remaining) are left." end' "$folder/answer"
