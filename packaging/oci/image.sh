#!/usr/bin/env bash
# Writes the container image as one file, which skopeo, podman and docker can read. Needs no container tool:
#   packaging/oci/image.sh BINARY OUT.tar VERSION [DOCUMENT...]
# The image contains the program, the CA certificates of this machine, and the documents. The same input gives the
# same bytes.
set -euo pipefail
binary=$1 out=$2 version=$3
shift 3
source=$(cd "$(dirname "$0")/../.." && pwd)
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
# Only the owner may enter a folder of `mktemp -d`, so the image's root is a separate folder inside it.
root=$work/root layout=$work/layout
mkdir -p "$root"/{etc,tmp,data,ca} "$layout/blobs/sha256"

install -D "$binary" "$root/usr/bin/portreeve"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
install -D -m 644 -t "$root/usr/share/doc/portreeve" "$source/LICENSE" "$@"
printf 'root:x:0:0:root:/:/sbin/nologin\nportreeve:x:65532:65532:portreeve:/data:/sbin/nologin\n' > "$root/etc/passwd"
printf 'root:x:0:\nportreeve:x:65532:\n' > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
chmod 700 "$root/data"

pack() { tar --format=gnu --sort=name --mtime="@$epoch" --numeric-owner -C "$1" "${@:2}"; }
# Moves a file to its place in the layout. Prints its media type, digest and size.
blob() {
    local digest size
    digest=$(sha256sum < "$1" | cut -d ' ' -f 1) size=$(stat -c %s "$1")
    mv "$1" "$layout/blobs/sha256/$digest"
    jq -cn --arg type "application/vnd.oci.image.$2" --arg digest "sha256:$digest" --argjson size "$size" \
        '{mediaType: $type, digest: $digest, size: $size}'
}

pack "$root" --owner=0 --group=0 --exclude=./data --exclude=./ca -cf "$work/layer" .
pack "$root" --owner=65532 --group=65532 -rf "$work/layer" ./data ./ca
unpacked=sha256:$(sha256sum < "$work/layer" | cut -d ' ' -f 1)
gzip "-${COMPRESSION:-9}n" "$work/layer"
layer=$(blob "$work/layer.gz" layer.v1.tar+gzip)

created=$(date -u -d "@$epoch" +%FT%TZ)
labels=$(jq -cn --arg version "$version" --arg created "$created" \
    --arg revision "${PORTREEVE_COMMIT:-$(git -C "$source" rev-parse HEAD)}" '{
        "org.opencontainers.image.title": "portreeve", "org.opencontainers.image.version": $version,
        "org.opencontainers.image.description": "Token authorization server for Docker and OCI registries",
        "org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.created": $created,
        "org.opencontainers.image.revision": $revision}')
jq -cn --arg created "$created" --arg unpacked "$unpacked" --argjson labels "$labels" '{
    created: $created, architecture: "amd64", os: "linux",
    config: {User: "65532:65532", Entrypoint: ["/usr/bin/portreeve"], Cmd: ["serve"], WorkingDir: "/data",
        Env: ["PATH=/usr/bin", "PORTREEVE_LISTEN=0.0.0.0:5001"], ExposedPorts: {"5001/tcp": {}}, Volumes: {"/data": {}},
        StopSignal: "SIGTERM", Labels: $labels},
    rootfs: {type: "layers", diff_ids: [$unpacked]}, history: [{created: $created, created_by: "packaging/oci/image.sh"}]
}' > "$work/config"
config=$(blob "$work/config" config.v1+json)
jq -cn --argjson config "$config" --argjson layer "$layer" --argjson labels "$labels" '{schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: [$layer], annotations: $labels
}' > "$work/manifest"
manifest=$(blob "$work/manifest" manifest.v1+json)

printf '{"imageLayoutVersion":"1.0.0"}' > "$layout/oci-layout"
jq -cn --argjson manifest "$manifest" --arg version "$version" '{schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json", manifests: [$manifest + {annotations: {
        "org.opencontainers.image.ref.name": $version, "io.containerd.image.name": ("portreeve:" + $version)}}]
}' > "$layout/index.json"
# The manifest that `docker load` reads if docker does not keep images in containerd.
jq -cn --argjson config "$config" --argjson layer "$layer" --arg version "$version" '
    def path: "blobs/" + (.digest | sub(":"; "/"));
    [{Config: ($config | path), RepoTags: ["portreeve:" + $version], Layers: [$layer | path]}]' > "$layout/manifest.json"
pack "$layout" --owner=0 --group=0 -cf "$out" oci-layout index.json manifest.json blobs
