#!/bin/sh
# Replaces systemd on a system where it does not run: does with the unit what maintainer scripts and people request.
# It is called as `systemctl` or `systemd-run`. It reads the account, the folder, the environment file and the command
# from the unit.
set -e
unit=/usr/lib/systemd/system/portreeve.service
pid=/run/portreeve.pid
notify=/run/notify

value() { sed -n "s/^$1=-*//p" "$unit"; }

# Runs a command as the service: with its account, folder and environment.
as_service() {
    file=$(value EnvironmentFile)
    grep -Ev '^(#|$)' "$file" > /run/environment || true
    cd "$(value WorkingDirectory)"
    xargs -d '\n' -a /run/environment env -i PATH=/usr/bin:/bin > /run/variables
    # shellcheck disable=SC2046 # The values in tests have no white space.
    exec setpriv --reuid="$(value User)" --regid="$(value Group)" --clear-groups env -i PATH=/usr/bin:/bin \
        $(cat /run/variables) "$@"
}

is_active() { [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2> /dev/null; }

# Receives the states that the service reports, as systemd does, and writes them to /run/told.
listen() {
    rm -f "$notify" /run/told
    timeout 900 python3 -c '
import os, socket, sys
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    state = told.recv(4096).decode()
    with open("/run/told", "a") as file:
        file.write(state)
' "$notify" > /dev/null 2>&1 < /dev/null &
    for _ in $(seq 100); do
        if [ -S "$notify" ]; then return; fi
        sleep 0.05
    done
    echo "nobody listens at $notify" >&2
    exit 1
}

start() {
    if is_active; then return; fi
    listen
    # shellcheck disable=SC2046
    (as_service env NOTIFY_SOCKET="$notify" $(value ExecStart)) >> /run/portreeve.log 2>&1 < /dev/null &
    echo $! > "$pid"
    # `Type=notify`: the service has started when it reports so.
    for _ in $(seq 200); do
        if grep -qx READY=1 /run/told 2> /dev/null; then return; fi
        is_active || break
        sleep 0.1
    done
    cat /run/portreeve.log >&2
    exit 1
}

stop() {
    if ! is_active; then return; fi
    kill -TERM "$(cat "$pid")"
    while is_active; do sleep 0.05; done
}

case "${0##*/} $*" in
"systemctl daemon-reload") ;;
# This command only reads and writes files.
"systemctl --root=/ "*) exec systemctl.real "$@" ;;
"systemctl --quiet is-active portreeve.service") is_active ;;
"systemctl start portreeve") start ;;
"systemctl restart portreeve.service") stop; start ;;
"systemctl stop portreeve.service portreeve.socket") stop ;;
"systemd-run --quiet --pipe --wait --collect --property=User=portreeve --property=WorkingDirectory=/var/lib/portreeve --property=EnvironmentFile=-/etc/default/portreeve /usr/bin/portreeve "*)
    while [ "$1" != /usr/bin/portreeve ]; do shift; done
    (as_service "$@")
    ;;
*)
    echo "${0##*/} $*: not known here" >&2
    exit 64
    ;;
esac
