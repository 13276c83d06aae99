#!/usr/bin/env bash
# Writes the Debian package: packaging/debian/package.sh BINARY OUT.deb VERSION [DOCUMENT...]
# The package contains the program, its units, settings, manual pages, completions and documents. The same input gives
# the same bytes.
set -euo pipefail
binary=$(realpath "$1") out=$2 version=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd) source=$(cd "$(dirname "$0")/../.." && pwd)
# dpkg-deb gives every newer file in the package this time.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
root=$work/root
mkdir -p "$root/DEBIAN"
put() { install -D -m "$1" "$2" "$root/$3"; }

put 755 "$binary" usr/bin/portreeve
put 644 "$source/packaging/systemd/portreeve.service" usr/lib/systemd/system/portreeve.service
put 644 "$source/packaging/systemd/portreeve.socket" usr/lib/systemd/system/portreeve.socket
put 644 "$source/packaging/portreeve.toml" etc/portreeve/portreeve.toml
put 600 "$here/default" etc/default/portreeve
put 644 "$here/lintian-overrides" usr/share/lintian/overrides/portreeve

"$binary" man "$root/usr/share/man/man1"
gzip -9n "$root"/usr/share/man/man1/*
"$binary" completions bash > "$work/bash"
"$binary" completions zsh > "$work/zsh"
"$binary" completions fish > "$work/fish"
put 644 "$work/bash" usr/share/bash-completion/completions/portreeve
put 644 "$work/zsh" usr/share/zsh/vendor-completions/_portreeve
put 644 "$work/fish" usr/share/fish/vendor_completions.d/portreeve.fish

documents=usr/share/doc/portreeve
put 644 "$here/copyright" "$documents/copyright"
for document in "$source"/docs/*.md "$@"; do
    put 644 "$document" "$documents/$(basename "$document")"
done
# Debian's changelog has its own format.
{
    printf 'portreeve (%s) stable; urgency=medium\n\n  * CHANGELOG.md beside this file lists the changes, and the steps of the upgrade.\n\n' "$version"
    printf ' -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' "$here/control")" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n > "$root/$documents/changelog.gz"

schema=$("$binary" version --output json | jq .schema)
size=$(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1024) + 1 }')
sed "s/@VERSION@/$version/; s/@SIZE@/$size/" "$here/control" > "$root/DEBIAN/control"
sed "s/@SCHEMA@/$schema/" "$here/preinst" > "$root/DEBIAN/preinst"
cp "$here"/{postinst,prerm,postrm} "$root/DEBIAN"
chmod 755 "$root"/DEBIAN/{preinst,postinst,prerm,postrm}
printf '/etc/portreeve/portreeve.toml\n/etc/default/portreeve\n' > "$root/DEBIAN/conffiles"
(cd "$root" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\n' | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
# The tests want an uncompressed package, which is made faster. They name the kind of compression for dpkg-deb.
[ -n "${DPKG_DEB_COMPRESSOR_TYPE:-}" ] && compress=() || compress=(-Zxz -z8 -Sextreme)
dpkg-deb --root-owner-group "${compress[@]}" --build "$root" "$out" >&2
