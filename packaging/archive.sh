#!/usr/bin/env bash
# Packs a folder into an archive: packaging/archive.sh FOLDER OUT.tar.gz (or OUT.tar.xz)
# The same files always give the same bytes. For the folder of a chart, helm accepts the archive like one from `helm package`.
set -euo pipefail
folder=$(realpath "$1") out=$2
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$folder" log -1 --format=%ct)}
case $out in *.xz) compress=(xz -6 --threads=1) ;; *) compress=(gzip -9n) ;; esac
tar --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    -C "$(dirname "$folder")" -c "$(basename "$folder")" | "${compress[@]}" > "$out"
