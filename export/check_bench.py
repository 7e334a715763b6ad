"""Whether every precision of a comparison gives the maps that it should.

    askance bench --providers cpu,openvino --precision fp32,bf16,int8 --batch 1 --model DIR --allow-missing --out OUT
    python check_bench.py OUT/bench.csv

Of each configuration the largest difference of a map from that of fp32 on the CPU must lie within bounds: above the upper one the
numbers are wrong, below the lower one they are not in that precision. bf16 may be refused, as not every processor has it.
"""

import csv
import sys

BOUNDS = {"fp32": (0.0, 1e-5), "bf16": (1e-5, 5e-2), "int8": (1e-5, 1e-1)}


def main() -> None:
    with open(sys.argv[1], newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = 0 if rows else 1
    for row in rows:
        low, high = BOUNDS[row["precision"]]
        measured = row["status"] == "measured"
        good = low <= float(row["map_max_difference"]) <= high if measured else row["precision"] == "bf16"
        found = row["map_max_difference"] if measured else row["reason"][:200]
        print(f"{'ok' if good else 'WRONG'}: {row['provider']} {row['precision']}: {found}")
        wrong += not good
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
