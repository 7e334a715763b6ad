"""Golden values of WinCLIP's aggregation: window scores -> patch map -> upsampled map.

An implementation of its own in torch, following the semantics of anomalib's WinCLIP (harmonic mean of the scores of the
windows that cover a patch; harmonic mean over the scales, the image's score broadcast; bilinear interpolation with
align_corners = false). Windows of k x k patches, stride 1, row-major order of their top-left corner.

Peers: torch 2.11.0, numpy 2.4.6. Run from the repository's root:
    python export/golden/winclip.py
Writes tests/golden/winclip/*.json:
    {"grid": [rows, columns], "image_score": s, "window_score_2": [..], "window_score_3": [..], "harmonic_2": [[..]],
     "harmonic_3": [[..]], "map": [[..]], "upsampled": {"size": [height, width], "map": [[..]]}}
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "winclip"
CASES = {
    # name: (rows, columns, upsampled height, upsampled width, seed, kind of scores)
    "square_5": (5, 5, 20, 20, 1, "uniform"),
    "oblong_4x6": (4, 6, 15, 31, 2, "uniform"),
    "smallest_3": (3, 3, 10, 7, 3, "uniform"),
    "pocket_12": (12, 12, 30, 30, 4, "saturated"),
}


def harmonic(scores: np.ndarray, rows: int, columns: int, k: int) -> torch.Tensor:
    """n / sum(1/s) over the n windows on each patch, by transposed convolution with a kernel of ones."""
    inverse = 1 / torch.from_numpy(scores).view(1, 1, rows - k + 1, columns - k + 1)
    ones = torch.ones(1, 1, k, k, dtype=torch.float64)
    count = F.conv_transpose2d(torch.ones_like(inverse), ones)
    return (count / F.conv_transpose2d(inverse, ones))[0, 0]


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for name, (rows, columns, height, width, seed, kind) in CASES.items():
        rng = np.random.default_rng(seed)

        def draw(n: int, kind: str = kind, rng: np.random.Generator = rng) -> np.ndarray:
            if kind == "uniform":
                values = rng.uniform(0.02, 0.98, n)
            else:  # softmax outputs that lie near 0 and 1
                values = 1 / (1 + np.exp(-rng.normal(-2.0, 4.0, n)))
            return values.astype(np.float32).astype(np.float64)

        image = float(draw(1)[0])
        w2, w3 = draw((rows - 1) * (columns - 1)), draw((rows - 2) * (columns - 2))
        m2, m3 = harmonic(w2, rows, columns, 2), harmonic(w3, rows, columns, 3)
        final = 3 / (1 / image + 1 / m2 + 1 / m3)
        up = F.interpolate(final[None, None], (height, width), mode="bilinear", align_corners=False)[0, 0]
        case = {
            "grid": [rows, columns],
            "image_score": image,
            "window_score_2": w2.tolist(),
            "window_score_3": w3.tolist(),
            "harmonic_2": m2.tolist(),
            "harmonic_3": m3.tolist(),
            "map": final.tolist(),
            "upsampled": {"size": [height, width], "map": up.tolist()},
        }
        (OUT / f"{name}.json").write_text(json.dumps(case) + "\n")


if __name__ == "__main__":
    main()
