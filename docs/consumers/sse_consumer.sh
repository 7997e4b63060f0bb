#!/bin/sh
# Keeps the newest state of each scan of a user as FOLDER/TASK.json, over HTTP alone. Needs curl.
# MAILTALLY_URL=http://127.0.0.1:8000 MAILTALLY_TOKEN=... ./sse_consumer.sh FOLDER
set -eu
folder=$1
mkdir -p "$folder"

field() { # field NAME JSON: the value of a string or number at the top level, which here has a name of its own
    printf '%s' "$2" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

keep() { # what is not newer than what we have is known: events come more than once
    task=$(field task_id "$1") version=$(field version "$1")
    had=$(cat "$folder/$task.json" 2>/dev/null || true)
    if [ -n "$had" ] && [ "$(field version "$had")" -ge "$version" ]; then
        echo "known $task $version"
        return
    fi
    printf '%s\n' "$1" >"$folder/.$task"
    mv "$folder/.$task" "$folder/$task.json" # whole or not at all
    echo "kept $task $version"
}

while :; do # a stream ends with its token or its connection; the next one begins with the newest state of each mailbox
    curl -sSN --fail -H "Authorization: Bearer $MAILTALLY_TOKEN" "$MAILTALLY_URL/v1/events" |
        while IFS= read -r line; do
            line=$(printf '%s' "$line" | tr -d '\r')
            case $line in data:*) keep "${line#data: }" ;; esac
        done
    sleep 2
done
