#!/bin/sh
# Scrapyd whose crawls end with it: sh serve.sh PATH-OF-SCRAPYD.
# On SIGTERM each crawl gets one, writes what it has and ends. Scrapyd sends them none; systemd and a
# container kill what is left as soon as the first process has ended, or send two, which is as bad.
"$1" --pidfile= &
scrapyd=$!

stop() {
    crawls=$(cat /proc/$scrapyd/task/*/children)
    kill $scrapyd $crawls
    for crawl in $crawls; do
        while kill -0 "$crawl" 2>/dev/null; do sleep 0.2; done
    done
    exit 0
}

trap stop TERM INT
wait $scrapyd
