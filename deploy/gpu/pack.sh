#!/usr/bin/env bash
# Makes the folder that qualify.sh needs on a machine that has nothing of Askance: pack.sh OUT [ARCHIVE.tar.xz]
# PYTHON_VERSION is that of the other machine's Python, 3.12 if it is not set; Linux on x86-64.
set -euo pipefail
(($#)) || { echo "usage: pack.sh OUT [ARCHIVE.tar.xz]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$1
[[ ! -e $out ]] || { echo "error: $out exists already: name another folder" >&2; exit 1; }
mkdir -p "$out/export"
(cd "$root" && cargo build --release --locked --bin askance)
strip -o "$out/askance" "$root/target/release/askance"
cp "$here"/{qualify.sh,turns.py,page.py} "$out/"
cp -r "$root/export/askance_export" "$root/export/pyproject.toml" "$root/export/README.md" "$out/export/"
find "$out" -name __pycache__ -prune -exec rm -r {} +
# What a Python that has torch may lack, for --offline.
version=${PYTHON_VERSION:-3.12}
python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version "$version" --implementation cp --abi "cp${version/./}" --abi abi3 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 \
    --dest "$out/wheels" open_clip_torch==3.3.0 ftfy==6.3.1 wcwidth==0.9.4 onnx==1.23.2
[[ -z ${2-} ]] || tar -C "$(dirname "$out")" -cJf "$2" "$(basename "$out")"
du -sh "$out" ${2:+"$2"}
