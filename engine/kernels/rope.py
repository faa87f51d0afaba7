"""Rotary position embedding (Su et al., 2021), of the half-split kind."""

from __future__ import annotations

from engine.simd.jit import kernel
from engine.simd.vectors import add8, load8, multiply8, store8, subtract8


@kernel
def rotate(head: int, half: int, cosines: int, sines: int) -> None:
    """Rotate the pairs ``(i, i + half)`` of the ``2 * half`` singles at `head`, in place.

    `cosines` and `sines` are the addresses of `half` singles each, a multiple of 8.
    """
    for first in range(0, half, 8):
        near = head + 4 * first
        far = near + 4 * half
        x, y = load8(near), load8(far)
        cosine, sine = load8(cosines + 4 * first), load8(sines + 4 * first)
        store8(near, subtract8(multiply8(x, cosine), multiply8(y, sine)))
        store8(far, add8(multiply8(x, sine), multiply8(y, cosine)))
