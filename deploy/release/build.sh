#!/usr/bin/env bash
# Makes what a release consists of: the Python wheel, and an archive with the program, its completions, manual pages and licences.
#
#     deploy/release/build.sh FOLDER
#
# Needs Rust, Python 3 and maturin with zig (`pip install 'maturin[zig]'`), by which the program runs on every Linux with glibc 2.17.
set -euo pipefail
out=$(realpath -m "${1:?name the folder for the wheel and the archive}")
cd "$(dirname "$0")/../.."

rm -f "$out"/*.whl "$out"/*.tar.gz
mkdir -p "$out" licenses
python3 deploy/release/licences.py licenses/THIRD-PARTY.txt
maturin build --release --locked --zig --compatibility manylinux_2_17 --out "$out"

version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
name=askance-$version-x86_64-linux
stage=$out/$name
rm -rf "$stage"
mkdir -p "$stage/completions" "$stage/man"
# The very program that is in the wheel.
python3 -m zipfile -e "$out/askance-$version"-py3-none-*.whl "$out/unpacked"
install -m 755 "$out/unpacked/askance-$version.data/scripts/askance" "$stage/askance"
rm -r "$out/unpacked"
for shell in bash zsh fish; do "$stage/askance" completions "$shell" >"$stage/completions/askance.$shell"; done
"$stage/askance" man --out "$stage/man" >/dev/null
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE licenses/THIRD-PARTY.txt "$stage"
tar -C "$out" --sort=name --owner=0 --group=0 -czf "$out/$name.tar.gz" "$name"
rm -r "$stage"
(cd "$out" && sha256sum -- *.whl *.tar.gz >SHA256SUMS && cat SHA256SUMS)
