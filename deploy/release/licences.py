"""Writes the licences of everything that is linked into the program: one file, each text once, with the packages that it is for.

    python deploy/release/licences.py licenses/THIRD-PARTY.txt
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = "x86_64-unknown-linux-gnu"
NAMES = re.compile(r"(licen[cs]e|copying|notice|unlicense|ofl|ufl)", re.IGNORECASE)


def linked():
    """Packages that the program is made of on Linux, without those of tests and of the build alone."""
    words = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={TARGET}"]
    metadata = json.loads(subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    uses = {node["id"]: node["deps"] for node in metadata["resolve"]["nodes"]}
    found, ahead = {}, [metadata["resolve"]["root"]]
    while ahead:
        for dependency in uses[ahead.pop()]:
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if normal and dependency["pkg"] not in found:
                found[dependency["pkg"]] = packages[dependency["pkg"]]
                ahead.append(dependency["pkg"])
    return sorted(found.values(), key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The licence files of a package, wherever they lie in it."""
    folder = Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and NAMES.match(path.stem)]
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in files if path.suffix not in {".rs", ".ttf", ".html"}]


def main(out):
    users, without = defaultdict(list), []
    for package in linked():
        name = f"{package['name']} {package['version']} ({package['license']})"
        found = texts(package)
        if not found:
            without.append(name)
        for text in found:
            users[text].append(name)
    out.parent.mkdir(parents=True, exist_ok=True)
    parts = ["Askance is made with the packages below, under these licences.\n"]
    if without:
        parts.append("These name their licence and come without its text:\n" + "".join(f"  {name}\n" for name in without))
    for text, names in users.items():
        parts.append("=" * 80 + "\n" + "".join(f"{name}\n" for name in dict.fromkeys(names)) + "-" * 80 + "\n" + text + "\n")
    out.write_text("\n".join(parts), encoding="utf-8")
    print(f"{out}: {len({name for names in users.values() for name in names} | set(without))} packages, {len(users)} texts")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
