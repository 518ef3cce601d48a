"""The softmax, and the training of a linear head whose examples may allow several kinds.

``fit`` needs scipy.

Data sets do not agree on their labels: a review set's *other* holds questions, a chat set knows
only *feature or not*. The loss of an example is therefore minus the logarithm of the probability
that its allowed kinds have together (Jin and Ghahramani, Learning with Multiple Labels, NIPS 2002).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = Any
"""``scipy.sparse.csr_matrix`` or ``float32[n, features]``."""
Floats = NDArray[np.float64]


def fit(
    rows: Matrix,
    allowed: NDArray[np.bool_],
    weights: Floats,
    penalty: float,
    *,
    iterations: int = 200,
) -> tuple[Floats, Floats]:
    """Coefficients ``float64[features, kinds]`` and intercepts ``float64[kinds]``.

    ``allowed`` is ``bool[n, kinds]``, ``weights`` one per row (normalised here); ``penalty`` is the
    factor of half the squared norm of the coefficients. Minimised by L-BFGS; deterministic.
    """
    from scipy.optimize import minimize

    kinds = allowed.shape[1]
    features = rows.shape[1]
    share = weights / weights.sum()
    transposed = rows.T
    if hasattr(transposed, "tocsr"):  # a sparse matrix is turned by columns otherwise
        transposed = transposed.tocsr()

    def loss(flat: Floats) -> tuple[float, Floats]:
        coefficients = flat[: features * kinds].reshape(features, kinds)
        probabilities = softmax(np.asarray(rows @ coefficients) + flat[features * kinds :])
        inside = np.where(allowed, probabilities, 0)
        mass = np.maximum(inside.sum(axis=1, keepdims=True), 1e-12)
        slope = (probabilities - inside / mass) * share[:, None]
        value = -float(share @ np.log(mass[:, 0])) + penalty / 2 * float((coefficients**2).sum())
        gradient = np.asarray(transposed @ slope) + penalty * coefficients
        return value, np.concatenate([gradient.ravel(), slope.sum(axis=0)])

    result = minimize(
        loss,
        np.zeros(features * kinds + kinds),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 10, "ftol": 1e-7},
    )
    return result.x[: features * kinds].reshape(features, kinds), result.x[features * kinds :]


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
