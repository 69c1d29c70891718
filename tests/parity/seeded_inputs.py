"""Deterministic test inputs (numpy only), so that fixtures need not store them.

Only +, -, * and comparisons on float64 are used after the random draws, so the
frames are bit-identical on every platform.
"""

from __future__ import annotations

import zlib

import numpy as np


def input_array(tag, shape, seed, kind="normal", scale=1.0):
    """An independent random tensor: kind 'normal', or 'uniform' in [0, 1)."""
    rng = np.random.default_rng(zlib.crc32(f"{seed}:input:{tag}".encode()))
    out = rng.standard_normal(shape) if kind == "normal" else rng.uniform(0.0, 1.0, shape)
    return np.asarray(out * scale, dtype=np.float32)


def _upsample(grid, h, w):
    """Plain bilinear upsampling of a 2-D grid, corners aligned, float64."""
    gh, gw = grid.shape
    y = np.arange(h, dtype=np.float64) * (gh - 1) / max(h - 1, 1)
    x = np.arange(w, dtype=np.float64) * (gw - 1) / max(w - 1, 1)
    y0 = np.minimum(y.astype(np.int64), gh - 2)
    x0 = np.minimum(x.astype(np.int64), gw - 2)
    fy = (y - y0)[:, None]
    fx = (x - x0)[None, :]
    a = grid[y0][:, x0]
    b = grid[y0][:, x0 + 1]
    c = grid[y0 + 1][:, x0]
    d = grid[y0 + 1][:, x0 + 1]
    return (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy


def lab_frames(tag, n, h, w, seed, velocity=(2, 3), noise=0.05):
    """``n`` frames of a moving random texture in *normalized* LAB.

    Returns float32 of shape (n, 3, h, w): channel 0 is L (already (L*-50)/50,
    within [-1, 1]), channels 1, 2 are a, b (already divided by 110, within
    [-0.8, 0.8]).  The texture moves by ``velocity`` (rows, columns) pixels per
    frame and every frame gets its own uniform noise of the given amplitude on L.
    """
    rng = np.random.default_rng(zlib.crc32(f"{seed}:frames:{tag}".encode()))
    hh = h + abs(velocity[0]) * (n - 1)
    ww = w + abs(velocity[1]) * (n - 1)
    canvas = np.zeros((3, hh, ww))
    for c in range(3):
        for cell, amp in ((48, 0.5), (20, 0.3), (8, 0.2)):
            gh = hh // cell + 2
            gw = ww // cell + 2
            canvas[c] += amp * _upsample(rng.uniform(-1.0, 1.0, (gh, gw)), hh, ww)
    out = np.empty((n, 3, h, w))
    for t in range(n):
        y = abs(velocity[0]) * t
        x = abs(velocity[1]) * t
        out[t] = canvas[:, y : y + h, x : x + w]
        out[t, 0] += noise * rng.uniform(-1.0, 1.0, (h, w))
    out[:, 0] = np.clip(out[:, 0] * 1.2, -1.0, 1.0)
    out[:, 1:] = np.clip(out[:, 1:], -0.8, 0.8)
    return out.astype(np.float32)
