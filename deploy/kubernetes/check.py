"""Holds the manifests of a folder against the official schemas of Kubernetes and against what Askance reads, and rehearses them.

    python deploy/kubernetes/check.py deploy/kubernetes --askance target/release/askance

Needs kubernetes-validate, which carries the schemas. With --askance the commands of attack.yaml and merge.yaml run on this machine, each
pod after the other with the variables that it would have, and the run is compared with that of one process, byte for byte.
"""

import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml

VOLUME = "/work"
# Oldest Kubernetes that has all that the manifests use, and the newest whose schemas the validator carries.
VERSIONS = ("1.33", kubernetes_validate.latest_version())


def container(manifest: dict) -> dict:
    return manifest["spec"]["template"]["spec"]["containers"][0]


def variables(manifest: dict) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(manifest).get("env", [])}


def check(path: Path) -> dict:
    """A manifest, which is refused with SystemExit where Kubernetes or Askance would not take it."""
    try:
        manifest = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        sys.exit(f"{path}: is no YAML: {error}")
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            sys.exit(f"{path}: Kubernetes {version} would refuse it: {error}")
    spec, words = manifest["spec"], container(manifest)["args"]
    if words[0] == "attack":
        shards = variables(manifest).get("ASKANCE_SHARDS")
        if spec.get("completionMode") != "Indexed" or words[words.index("--shard") + 1] != "auto":
            sys.exit(f"{path}: is no Indexed Job with --shard auto")
        if shards != str(spec["completions"]):
            sys.exit(f"{path}: ASKANCE_SHARDS is {shards}, and there are {spec['completions']} completions")
    return manifest


def run(manifest: dict, work: Path, extra: dict[str, str], words: list[str] | None = None) -> None:
    """The command of a manifest's container, with the volume in a folder of this machine."""
    here = [word.replace(VOLUME, str(work)) for word in container(manifest)["command"] + (words or container(manifest)["args"])]
    # Not the cache of the volume: ONNX Runtime is installed on this machine.
    own = {name: value for name, value in variables(manifest).items() if name != "ASKANCE_CACHE"}
    subprocess.run([*here, "--quiet"], env={**os.environ, **own, **extra}, stdout=subprocess.DEVNULL, check=True)


def files(folder: Path) -> set[Path]:
    every = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    # The record of a run, and the copy of it, say when and by which command it was made.
    return {path for path in every if "run.toml" not in path.name and not path.parts[0].startswith("part-")}


def rehearse(attack: dict, merge: dict, askance: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "askance").symlink_to(askance.resolve())
        make = "synth --category slate tablet --train 0 --good 1 --defective 2 --size 96 --quiet --out".split()
        subprocess.run([work / "askance", *make, work / "data"], stdout=subprocess.DEVNULL, check=True)
        for index in range(attack["spec"]["completions"]):
            run(attack, work, {"JOB_COMPLETION_INDEX": str(index)})
        run(merge, work, {})
        words = container(attack)["args"]
        at = words.index("--shard")
        whole = [word.replace(f"{VOLUME}/run", f"{VOLUME}/whole") for word in words[:at] + words[at + 2 :]]
        run(attack, work, {}, whole)
        merged, one = files(work / "run"), files(work / "whole")
        if merged != one or not one:
            sys.exit(f"the merge has other files than one process: {sorted(map(str, merged ^ one))}")
        _, differing, missing = filecmp.cmpfiles(work / "run", work / "whole", map(str, one), shallow=False)
        if differing or missing:
            sys.exit(f"the merge differs from one process in {sorted(differing + missing)}")
        print(f"{attack['spec']['completions']} pods and the merge are the run of one process, byte for byte ({len(one)} files)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--askance", type=Path, help="rehearse with this program")
    given = parser.parse_args()
    manifests = {path.name: check(path) for path in sorted(given.folder.glob("*.yaml"))}
    if not manifests:
        sys.exit(f"{given.folder} holds no manifest")
    print(f"{', '.join(manifests)}: valid for Kubernetes {' and '.join(VERSIONS)}")
    if given.askance:
        rehearse(manifests["attack.yaml"], manifests["merge.yaml"], given.askance)


if __name__ == "__main__":
    main()
