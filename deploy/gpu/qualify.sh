#!/usr/bin/env bash
# What a card does for Askance, in one go: docs/gpu.md says what is measured and how to read it.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: qualify.sh [--out DIR] [--provider cuda:0|cpu] [--tensorrt] [--python FILE] [--ort DIR] [--libraries DIR[:DIR...]]
                  [--models LIST] [--batch LIST] [--minutes N] [--small] [--only STAGES] [--offline]

Measures random-weight models of full size on a graphics card: speed in torch and in ONNX Runtime, in fp32, TF32 and fp16, against the card's
own limit, parity with the processor, and whether an attack keeps the card busy. Leaves DIR/README.md with CSV files and figures.

  --out DIR        folder of the results, kept when the command is given again: what it has is not made again [qualification]
  --provider NAME  cuda:0, another card, or cpu to try the script out [cuda:0]
  --tensorrt       measure TensorRT as well
  --python FILE    Python 3.11 or newer with torch for the card [a virtual environment in DIR/work, filled by pip]
  --ort DIR        folder that holds the `onnxruntime` package of onnxruntime-gpu 1.31.1, as a wheel unpacks [fetched by pip]
  --libraries DIR  folders of CUDA's and cuDNN's libraries [those of the `nvidia` packages of Python]
  --models LIST    architectures of open_clip [ViT-B-16-plus-240,ViT-L-14]
  --batch LIST     pictures in a call [1,8,32]
  --minutes N      time after which no further stage begins, and the one under way is ended [9]
  --small          one round of everything and few evaluations: a rehearsal, not a measurement
  --only STAGES    of machine,bundles,data,attack,bench,turns,page [all]
  --offline        never use the network: what Python lacks comes from the folder `wheels` beside this script
TEXT
}

out=qualification provider=cuda:0 tensorrt= python= ort= libraries= models=ViT-B-16-plus-240,ViT-L-14 batch=1,8,32
minutes=9 small= only=machine,bundles,data,attack,bench,turns,page offline=
while (($#)); do
    case $1 in
        --out | --provider | --python | --ort | --libraries | --models | --batch | --minutes | --only)
            (($# > 1)) || { echo "error: $1 needs a value" >&2; exit 2; }
            declare "${1#--}=$2"
            shift 2
            ;;
        --tensorrt | --small | --offline) declare "${1#--}=yes"; shift ;;
        -h | --help) usage; exit ;;
        *) usage >&2; echo "error: $1 is not known" >&2; exit 2 ;;
    esac
done

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# In the folder that pack.sh makes, program and exporter lie beside this script.
askance=$here/askance exporter=$here/export
[[ -e $askance ]] || askance=$root/target/release/askance exporter=$root/export
[[ -x $askance ]] || { echo "error: $askance does not exist: cargo build --release" >&2; exit 1; }

mkdir -p "$out/work" "$out/logs"
out=$(cd "$out" && pwd)
work=$out/work
export ORT_DISABLE_TELEMETRY=1 PYTHONUNBUFFERED=1 OMP_WAIT_POLICY=PASSIVE ASKANCE_CACHE=$work/cache
device=${provider%%:*}
# Everything sees the one card, as number 0.
if [[ $device != cpu ]]; then
    number=${provider#"$device"}
    number=${number#:}
    [[ -z $number || -n ${CUDA_VISIBLE_DEVICES-} ]] || export CUDA_VISIBLE_DEVICES=$number
    provider=$device:0
fi

# Python with torch, ONNX Runtime and the exporter's libraries.
if [[ -z $python ]]; then
    [[ -z $offline ]] || { echo "error: --offline needs --python, a Python that has torch" >&2; exit 2; }
    python=$work/venv/bin/python
    if [[ ! -e $work/venv/filled ]]; then
        python3 -m venv "$work/venv"
        "$python" -m pip install --quiet "$exporter"
        touch "$work/venv/filled"
    fi
fi
if [[ -n $offline && ! -e $work/site/filled ]]; then
    # Python's own copies are overruled, not changed.
    rm -rf "$work/site"
    "$python" -m pip install --quiet --no-index --no-deps --no-compile --target "$work/site" "$here"/wheels/*.whl
    touch "$work/site/filled"
fi
if [[ -z $ort ]]; then
    [[ -z $offline ]] || { echo "error: --offline needs --ort, a folder with the package onnxruntime" >&2; exit 2; }
    ort=$work/ort
    wheel=onnxruntime==1.31.1
    [[ $device == cpu ]] || wheel="onnxruntime-gpu[cuda,cudnn]==1.31.1"
    [[ -e $ort/filled ]] || { "$python" -m pip install --quiet --upgrade --target "$ort" "$wheel" && touch "$ort/filled"; }
fi
library=$(find "$ort/onnxruntime/capi" -name 'libonnxruntime.so.*' 2>/dev/null | head -1 || true)
export PYTHONPATH=$work/site:$ort:$exporter
if [[ -z $libraries ]]; then
    libraries=$("$python" - <<'PYTHON'
import pathlib, sys
found = [str(lib) for base in sys.path if base for lib in sorted(pathlib.Path(base).glob("nvidia/*/lib"))]
found += [str(lib) for base in sys.path if base for lib in sorted(pathlib.Path(base).glob("tensorrt_libs"))]
print(":".join(found))
PYTHON
    )
fi
missing=$("$python" - <<'PYTHON'
import importlib.util
wanted = "torch torchvision timm ftfy regex huggingface_hub safetensors tqdm onnx ml_dtypes google.protobuf onnxruntime open_clip numpy PIL"
def there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print(" ".join(name for name in wanted.split() if not there(name)))
PYTHON
)
[[ -z $missing ]] || { echo "error: $python lacks $missing: install what is missing, or give another --python" >&2; exit 1; }
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
if [[ -z $library ]]; then
    # The Python package of the CPU flavour has its library inside its extension module only.
    echo "error: $ort/onnxruntime/capi has no libonnxruntime.so.*: give --ort the folder into which the wheel was unpacked" >&2
    exit 1
fi

begin=$(date +%s)
end=$((begin + minutes * 60))
# stage NAME COMMAND...: runs it with what is left of the time, its output in logs/, and goes on where it fails.
[[ -e $out/stages.csv ]] || echo "stage,seconds,status" >"$out/stages.csv"
record() { # NAME SECONDS STATUS: in place of what an earlier call said of this stage
    grep -v "^$1," "$out/stages.csv" >"$work/stages.csv"
    echo "$1,$2,$3" >>"$work/stages.csv"
    mv "$work/stages.csv" "$out/stages.csv"
}
stage() {
    local name=$1 start left status=0
    shift
    start=$(date +%s)
    left=$((end - start))
    if ((left < 5)); then
        record "$name" 0 "no time left"
        echo "$name: no time left"
        return
    fi
    timeout "$left" "$@" >"$out/logs/$name.log" 2>&1 || status=$?
    case $status in
        0) said=done ;;
        124) said="out of time" ;;
        *) said="failed with status $status" ;;
    esac
    record "$name" $(($(date +%s) - start)) "$said"
    echo "$name: $said, $(($(date +%s) - start)) s"
    ((status == 0)) || tail -4 "$out/logs/$name.log" | sed 's/^/    /'
}
wanted() { [[ ,$only, == *,$1,* ]]; }
IFS=, read -ra architectures <<<"$models"
on=$provider
[[ -z $tensorrt ]] || on=$on,tensorrt:0

machine() {
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit --format=csv || echo "no nvidia-smi"
    "$askance" --version
    "$python" -c 'import numpy, onnx, onnxruntime, open_clip, torch
for name in ("torch", "onnxruntime", "onnx", "open_clip", "numpy"):
    print(name, globals()[name].__version__)
print("cuda of torch", torch.version.cuda, "cudnn", torch.backends.cudnn.version())'
    "$askance" providers --ort-lib "$library"
}

bundle() { # ARCH PRECISION FOLDER
    [[ -e $3/bundle.toml ]] ||
        "$python" -m askance_export "$1" --random-seed 0 --precision "$2" --out "$3" --threads "$(($(nproc) / 2 + 1))"
}

bundles() {
    local arch failed=0 jobs=()
    for arch in "${architectures[@]}"; do
        bundle "$arch" fp32 "$work/bundles/$arch" &
        jobs+=($!)
        bundle "$arch" fp16 "$work/bundles/$arch-fp16" &
        jobs+=($!)
        # Two at a time: each holds the model several times over.
        for job in "${jobs[@]}"; do wait "$job" || failed=1; done
        jobs=()
    done
    return $failed
}

data() {
    [[ -d $work/parity ]] || "$askance" synth -q --out "$work/parity" --size 240 --train 0 --good 1 --defective 1 --category tablet twill
    [[ -d $work/data ]] || "$askance" synth -q --out "$work/data" --size 240 --train 0 --good 12 --defective 12 --category tablet twill
}

run_attack() { # NAME MODEL PRECISION BATCH SEARCH BUDGET
    cd "$work/bundles" # a model's name is then short
    rm -rf "$work/attack-$1"
    "$askance" attack --data "$work/data" --model "$2" --provider "$provider" --precision "$3" --batch "$4" --attacks joint \
        --search "$5" --budget "$6" ${small:+--limit 1 --category tablet} --ort-lib "$library" --out "$work/attack-$1" --json \
        >"$out/attack-$1.json"
}

run_bench() { # NAME MODEL PROVIDERS PRECISION BATCH ...
    cd "$work/bundles"
    rm -rf "$out/bench-$1"
    "$askance" bench --model "$2" --providers "$3" --precision "$4" --batch "$5" --ort-lib "$library" --time-limit 300 --allow-missing \
        --out "$out/bench-$1" "${@:6}"
    rm -rf "$out/bench-$1/metrics"
}

export -f machine bundle bundles data run_attack run_bench
export askance python library work out provider small
run() { # NAME FUNCTION ARGUMENTS...: a function of this script as a stage
    stage "$1" bash -euo pipefail -c "$(declare -p architectures); \"\$@\"" bash "${@:2}"
}

largest=$(tr , '\n' <<<"$batch" | sort -n | tail -1)
lower=fp16
if wanted machine; then run machine machine && cp "$out/logs/machine.log" "$out/machine.txt"; fi
if wanted bundles; then run bundles bundles; fi
if wanted data; then run data data; fi
for arch in "${architectures[@]}"; do
    [[ -e $work/bundles/$arch/bundle.toml ]] || continue
    # The first model in all batch sizes and with all that is compared, the others in the largest alone.
    first= sizes=$largest rounds=3 precisions=("$lower")
    [[ $arch != "${architectures[0]}" ]] || first=yes sizes=$batch rounds=5 precisions=(fp32 tf32 "$lower")
    [[ -z $small ]] || rounds=1
    if wanted attack && [[ -n $first ]]; then
        budget=${small:+4}
        run "attack-random" run_attack random "$arch" $lower "$largest" random "${budget:-100}"
        run "attack-default" run_attack default "$arch" $lower "$largest" auto "${budget:-100}"
    fi
    if wanted bench; then
        parity=(--no-metrics)
        [[ -z $first ]] || parity=(--limit 1 --budget 8)
        run "bench-$arch" run_bench "$arch" "$arch" "$on" "fp32,$lower" "$sizes" --rounds $rounds --data "$work/parity" "${parity[@]}"
        [[ $device == cpu || -z $first ]] || run "bench-$arch-cpu" run_bench "$arch-cpu" "$arch" cpu fp32 1 --rounds $((rounds < 3 ? rounds : 3)) --calls 1 --warm-up 0 --no-metrics
    fi
    if wanted turns; then
        compiled=(--compile)
        [[ -z $first || $device == cpu ]] || compiled=(--compile $lower)
        run "turns-$arch" "$python" "$here/turns.py" --bundle "$work/bundles/$arch" --half "$work/bundles/$arch-fp16" \
            --architecture "$arch" --device "$device" --batch "$sizes" --precisions "${precisions[@]}" --rounds $rounds "${compiled[@]}" --out "$out/turns-$arch"
    fi
done
seconds=$(($(date +%s) - begin))
wanted page && "$python" "$here/page.py" "$out" --seconds "$seconds" --provider "$provider"
echo "$out/README.md, after $seconds s"
