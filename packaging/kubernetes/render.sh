#!/usr/bin/env bash
# Writes manifests for users without helm: packaging/kubernetes/render.sh HELM OUT
# helm renders the chart once with each values file of this folder.
set -euo pipefail
helm=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
for values in "$here"/*.values.yaml; do
    name=$(basename "$values" .values.yaml)
    { echo "# The manifests that the chart makes from the values below. Change a copy of this file, or use the chart."
      sed 's/^/# /' "$values"
      "$helm" template portreeve "$here/../helm/portreeve" --values "$values"; } > "$out/$name.yaml"
done
