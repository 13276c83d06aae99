#!/usr/bin/env bash
# Writes the manifests for those who do not use helm: packaging/kubernetes/render.sh HELM OUT
# They are what the chart makes of the values beside this script.
set -euo pipefail
helm=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
for values in "$here"/*.values.yaml; do
    name=$(basename "$values" .values.yaml)
    { echo "# What the chart makes of these values. Change a copy of this file, or use the chart."
      sed 's/^/# /' "$values"
      "$helm" template portreeve "$here/../helm/portreeve" --values "$values"; } > "$out/$name.yaml"
done
