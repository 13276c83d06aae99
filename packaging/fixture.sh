#!/usr/bin/env bash
# Writes the data of a release, for the tests of every later release: packaging/fixture.sh PROGRAM OUT
# PROGRAM is the program of the release. The new folder OUT contains a database file, a PostgreSQL dump, keys, secrets,
# an export, the description of the API, and 1,000 decisions. All secrets are made up and guard nothing.
# The script needs the tools that `tests/run` installs. PostgreSQL refuses to run as root; for root the script runs it
# as the user `postgres`.
set -euo pipefail
umask 022
program=$(realpath "$1") out=$2
[ ! -e "$out" ] || { echo "packaging/fixture.sh: $out exists: never change the data of a release" >&2; exit 1; }
work=$(mktemp -d)
processes=()
finish() {
    for process in "${processes[@]}"; do kill "$process" 2> /dev/null || true; done
    [ ! -e "$work/cluster/postmaster.pid" ] || as_postgres pg_ctl -D "$work/cluster" -m immediate stop > /dev/null || true
    rm -rf "$work"
}
trap finish EXIT
export HOME=$work XDG_CONFIG_HOME=$work
cd "$work"
portreeve() { "$program" "$@"; }
password() { echo "made up for the tests: $1"; }

# Starts the program on a database, and sets `$url` to the server's address.
serve() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    url=http://localhost:$port
    PORTREEVE_ADMIN_PASSWORD=$(password admin) "$program" serve --listen "127.0.0.1:$port" --keys-dir keys \
        --database-url "$1" --identity-host id.example.org --log warn > log 2>&1 &
    processes+=($!)
    for _ in $(seq 200); do
        if curl -fs "$url/health/ready" > /dev/null; then return; fi
        kill -0 "${processes[-1]}" 2> /dev/null || break
        sleep 0.1
    done
    cat log >&2
    exit 1
}
stop() {
    kill "${processes[-1]}"
    wait "${processes[-1]}" || { cat log >&2; exit 1; }
    unset 'processes[-1]'
}
# Runs a program of the newest installed PostgreSQL, as `postgres` instead of root.
as_postgres() {
    local programs
    programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$programs/$1" "${@:2}"; else "$programs/$1" "${@:2}"; fi
}

# Makes a CA whose certificate ends in a hundred years. The release makes the signing keys.
mkdir -m 700 keys
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out keys/ca.key 2> /dev/null
openssl req -x509 -new -key keys/ca.key -out keys/ca.crt -days 36500 -subj "/CN=authority of the tests" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" 2> /dev/null
chmod 600 keys/ca.key

serve "sqlite://$work/portreeve.db"
password admin | portreeve login "$url" --user admin > /dev/null
# Creates objects of every kind that the release knows.
cat > world.yaml <<'END'
{kind: service, name: mirror, profile: distribution-2, token_ttl: 60, offline_tokens: false, password_grant: false}
---
{kind: service, name: zot.example.org, profile: zot, push_includes_pull: true}
---
{kind: identity-provider, name: corp, issuer: "https://id.example.org/realms/corp", client_id: portreeve, enabled: false, title: "Köln", groups_claim: realm_access.roles, map: [{value: /dev, group: corp-dev}, {value: ops, group: corp-ops}], labels: {team: department}, admin_groups: [ops], require_groups: [/dev, ops], hold: 2592000}
---
{kind: user, name: alice, labels: {team: [web, api/v2], stage: [prod, "„Größe“ 🚢"]}}
---
{kind: user, name: bob, labels: {team: [ops]}, password_hash: "$2b$05$abcdefghijklmnopqrstuuUGHR7oz.EcZhBpEYYroBER6J9aMozfK"}
---
{kind: user, name: carol, disabled: true}
---
{kind: user, name: dave, labels: {team: ["*"]}}
---
{kind: user, name: root, admin: true}
---
{kind: robot, name: ci, description: builds, labels: {team: [web]}}
---
{kind: robot, name: mirror-bot, expires_at: "2199-01-01T00:00:00.000001Z"}
---
{kind: robot, name: retired, expires_at: "2199-01-01T00:00:00Z", disabled: true}
---
{kind: group, name: web, members: ["user:alice", "robot:ci"], description: "people 'and' \"robots\""}
---
{kind: group, name: ops, members: ["user:bob", "user:root"]}
---
{kind: group, name: empty, description: "„Größe“ 🚢"}
---
{kind: rule, name: admins, subjects: ["group:ops"], names: ["**"], actions: ["*"]}
---
{kind: rule, name: team-space, subjects: [authenticated], names: ["${label:team}/**"], actions: [pull, push]}
---
{kind: rule, name: group-space, subjects: [authenticated], names: ["${group}/**"], actions: [pull, push, delete]}
---
{kind: rule, name: own, subjects: [authenticated], names: ["people/${subject}/**"], actions: ["*"]}
---
{kind: rule, name: stages, subjects: ["user:alice", "user:dave"], names: ["deploy/${label:stage}/${group}"], actions: [pull]}
---
{kind: rule, name: open, subjects: [everyone], names: ["open/*", "**/public"], actions: [pull]}
---
{kind: rule, name: visitors, subjects: [anonymous], names: ["docs/?"], actions: [pull]}
---
{kind: rule, name: caches, subjects: ["robot:mirror-bot"], services: ["mirror", "zot.*"], names: ["**/cache", "a/**/b"], actions: [pull, push]}
---
{kind: rule, name: office, subjects: [authenticated], names: ["office/**"], actions: [pull, push], networks: ["10.0.0.0/8", "2001:db8::/32"]}
---
{kind: rule, name: outside, effect: deny, subjects: [everyone], names: ["office/secret"], actions: ["*"], networks: ["10.9.0.0/16"]}
---
{kind: rule, name: freeze, effect: deny, subjects: [everyone], names: ["web/prod/**"], actions: [push, delete]}
---
{kind: rule, name: freeze-exception, subjects: ["robot:ci"], names: ["web/prod/hotfix"], actions: [pull, push], priority: 10}
---
{kind: rule, name: fallback, subjects: [authenticated], names: ["**"], actions: [pull], priority: -10, services: [mirror]}
---
{kind: rule, name: past, subjects: [authenticated], names: ["event/**"], actions: [pull], not_before: "2025-01-01T00:00:00Z", not_after: "2025-02-01T00:00:00.5Z"}
---
{kind: rule, name: future, subjects: [authenticated], names: ["event/**"], actions: [push], not_before: "2150-01-01T00:00:00Z"}
---
{kind: rule, name: off, enabled: false, subjects: [everyone], names: ["off/**"], actions: [pull]}
---
{kind: rule, name: catalogue, subjects: ["group:web"], type: registry, names: [catalog], actions: ["*"], managed_by: git}
---
{kind: rule, name: any-type, subjects: ["user:dave"], type: "*", names: ["plugin/**"], actions: [pull, inspect]}
END
portreeve apply world.yaml > /dev/null
password corp | portreeve identity-providers update corp --client-secret > /dev/null
portreeve rules create leaving --subject everyone --name 'gone/**' --action pull > /dev/null
portreeve rules delete leaving --yes > /dev/null
for name in alice carol dave root; do
    curl -fsS -u "admin:$(password admin)" -X PATCH -H 'Content-Type: application/merge-patch+json' \
        -d "{\"password\": \"$(password $name)\"}" "$url/api/v1/users/$name" > /dev/null
done

# Requests a token with each credential, and keeps the access that the token grants.
scope='repository:web/app:pull,push repository:open/x:pull,push repository:people/alice/x:pull repository:a/x/b:pull,push'
access() {
    curl -fsS "$url/token" "$@" --data-urlencode "scope=$scope" \
        | jq -c '.token // .access_token | split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .access'
}
{
    for name in admin alice bob dave root; do
        jq -cn --arg name "$name" --arg secret "$(password $name)" '{by: "password", service: "registry", name: $name, secret: $secret}'
    done
    for owner in user:alice robot:ci robot:mirror-bot; do
        jq -cn --arg owner "$owner" --arg secret "$(portreeve access-keys create "$owner" --name whole --quiet)" \
            '{by: "access key", service: "mirror", name: ($owner | split(":")[1]), secret: $secret}'
    done
    secret=$(portreeve access-keys create robot:ci --name narrow --scope 'repository:web/**:pull' --expires-at 2199-01-01T00:00:00Z --quiet)
    jq -cn --arg secret "$secret" '{by: "access key", service: "registry", name: "ci", secret: $secret}'
    for name in alice alice bob dave; do
        secret=$(curl -fsS -u "$name:$(password $name)" "$url/token?service=registry&offline_token=true&client_id=docker" | jq -r .refresh_token)
        jq -cn --arg name "$name" --arg secret "$secret" '{by: "refresh token", service: "registry", name: $name, secret: $secret}'
    done
} > secrets
while read -r line; do
    field() { jq -r ".$1" <<< "$line"; }
    if [ "$(field by)" = "refresh token" ]; then
        granted=$(access -d grant_type=refresh_token -d service="$(field service)" -d refresh_token="$(field secret)")
    else
        granted=$(access -G -u "$(field name):$(field secret)" -d service="$(field service)")
    fi
    jq -c --argjson access "$granted" '. + {access: $access}' <<< "$line"
done < secrets > credentials.jsonl
for service in registry zot.example.org; do
    curl -fsS -u "alice:$(password alice)" "$url/token?service=$service&scope=repository:web/app:pull" | jq -c --arg service "$service" '{service: $service, token: .token}'
done > tokens.jsonl

# Keeps the server's decisions on 1,000 questions. 955 questions are evenly spaced combinations of the values below. The
# other 45 are about other scopes.
narrow=$(portreeve access-keys list robot:ci --output json | jq -r '.[] | select(.name == "narrow") | .id')
jq -cn --arg narrow "$narrow" '
    ["anonymous", "user:alice", "user:bob", "user:carol", "user:dave", "user:root", "robot:ci", "robot:mirror-bot", "robot:retired"] as $subjects
    | ["web/app", "web/prod/app", "web/prod/hotfix", "api/v2/x", "ops/tool", "*/x", "people/alice/x", "people/bob/x", "deploy/prod/web",
        "open/x", "open/x/y", "a/b/public", "docs/a", "docs/ab", "x/cache", "a/b", "a/x/y/b", "office/plan", "office/secret", "event/day",
        "off/x", "gone/x", "Web/App"] as $names
    | ["registry", "mirror", "zot.example.org"] as $services
    | [{}, {address: "10.1.2.3"}, {address: "10.9.2.3", at: "2025-01-15T12:00:00Z"}, {address: "2001:db8::1"}, {at: "2150-06-01T00:00:00Z"}] as $conditions
    | [$subjects[] as $subject | $names[] as $name | $services[] as $service | $conditions[] as $condition
        | {subject: $subject, service: $service, scope: "repository:\($name):pull,push,delete"} + $condition
        | if .subject == "robot:ci" and .service == "mirror" then . + {access_key: $narrow} else . end]
    | [range(0; 955) as $at | .[$at * length / 955 | floor]]
    + [$subjects[] as $subject | ("registry:catalog:*", "repository:web/prod/app:*", "plugin:plugin/a:pull,inspect", "repository(plugin):plugin/a:pull", "repository:web/app:pull repository:ops/x:push")
        | {subject: $subject, service: "registry", scope: .}]
    | map(.at //= "2026-11-30T12:00:00Z") | .[]' > questions
jq -r --arg url "$url/api/v1/check" --arg user "admin:$(password admin)" '
    "url = \"\($url)\"\nfail\nsilent\nshow-error\nuser = \"\($user)\"\njson = \(tojson | tojson)\nnext"' questions \
    | sed '$d' > requests
curl --config requests > answers
jq -cn --slurpfile answers answers --slurpfile questions questions 'range($questions | length) as $at | $answers[$at]
    | {question: $questions[$at], granted, why: [.why[] | {type, name, action, granted, allowed_by, denied_by}]}' > decisions.jsonl
[ "$(jq -s 'length' decisions.jsonl)" = 1000 ] || { echo "packaging/fixture.sh: decisions.jsonl must have 1,000 lines" >&2; exit 1; }

portreeve export > export.yaml
curl -fsS "$url/api/v1/openapi.json" | jq . > openapi.json
portreeve audit verify --output json > trail.json
stop
portreeve backup kept.db --database-url "sqlite://$work/portreeve.db" > /dev/null
mv -f kept.db portreeve.db

# Copies the data to PostgreSQL, and starts a server on it once.
mkdir -m 700 cluster
if [ "$(id -u)" -eq 0 ]; then chmod 755 "$work"; chown postgres cluster; fi
as_postgres initdb -D "$work/cluster" -U fixture --auth=trust -E UTF8 --no-sync > /dev/null
as_postgres pg_ctl -D "$work/cluster" -w -l "$work/cluster/log" -o "-c listen_addresses= -c unix_socket_directories=$work/cluster" start > /dev/null
if [ "$(id -u)" -eq 0 ]; then chmod 755 cluster; fi
at=postgres://fixture@${work//\//%2F}%2Fcluster/postgres
portreeve copy --from "sqlite://$work/portreeve.db" --to "$at" > /dev/null
serve "$at"
stop
# Leaves out comments, which name the version of PostgreSQL, and the random keys that newer versions of pg_dump write.
as_postgres pg_dump --inserts --no-owner --no-privileges -h "$work/cluster" -U fixture postgres \
    | grep -v -e '^--' -e '^.restrict ' -e '^.unrestrict ' | cat -s > postgresql.sql

jq -n --argjson program "$(portreeve version --output json)" --arg at "$(date -u +'%F %T')" --slurpfile trail trail.json \
    '$program + {made_at: $at, trail: $trail[0]}' > release.json
cat > README.md <<END
# What $(portreeve version --output json | jq -r .version) left on disk

\`packaging/fixture.sh\` wrote this folder. Never change it. \`tests/packaging/upgrade.rs\` opens it with every later release.

**All secrets in this folder are made up.** The passwords, access keys, refresh tokens and private keys guard nothing.

| file | what it is |
|---|---|
| \`release.json\` | the version of the release, the time of writing, and the answer of \`portreeve audit verify\` |
| \`portreeve.db\`, \`postgresql.sql\` | the same database, for SQLite and for PostgreSQL |
| \`keys/\` | the signing keys. The certificate of the authority ends in a hundred years |
| \`credentials.jsonl\` | passwords, access keys and refresh tokens, each with the access that its token granted |
| \`tokens.jsonl\` | tokens that the release issued |
| \`decisions.jsonl\` | 1,000 questions to \`POST /api/v1/check\`, each with the decision of the release |
| \`export.yaml\` | the output of \`portreeve export\` |
| \`openapi.json\` | the OpenAPI document of the release |
END
cd "$OLDPWD"
mkdir -p "$out"
cp -r "$work"/{README.md,release.json,portreeve.db,postgresql.sql,keys,credentials.jsonl,tokens.jsonl,decisions.jsonl,export.yaml,openapi.json} "$out"
chmod -R u=rwX,go=rX "$out"
