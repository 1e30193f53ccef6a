"""Numbers for split-oracle.test.ts, by full matrices instead of our one-pass formulas.

Made with Python 3, numpy 2.4.6 and scipy 1.17.1: python3 make.py > cases.json
"""
import itertools
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20261122)
N1, N0, ROWS = 6, 8, 5
n = N1 + N0
treated = np.r_[np.ones(N1), np.zeros(N0)]
zone = ["a", "b", "c"] * 5
zone = zone[:n]
rack = [f"r{i // 2}" for i in range(n)]
level = rng.normal(10, 1, n)
x1 = level + rng.normal(0, 0.5, n)
x2 = rng.normal(3, 2, n)
table = []
for i in range(n):
    for t in range(ROWS - (i % 3 == 0)):
        y = level[i] + 0.3 * x2[i] + 0.8 * treated[i] + rng.normal(0, 1)
        table.append((i, t, round(float(y), 6), int(rng.integers(20, 400))))
x1, x2 = np.round(x1, 6), np.round(x2, 6)

unit = np.array([r[0] for r in table])
y = np.array([r[2] for r in table])
w = np.array([float(r[3]) for r in table])
mean = np.array([y[unit == i].mean() for i in range(n)])
mass = np.array([w[unit == i].sum() for i in range(n)])
ratio = np.array([(w * y)[unit == i].sum() / mass[i] for i in range(n)])


def cr2(X, y, groups, w=None):
    """Coefficient, CR2 error and Bell-McCaffrey degrees of freedom of column 0 (clubSandwich: identity target)."""
    w = np.ones(len(y)) if w is None else w
    W = np.diag(w)
    bread = np.linalg.inv(X.T @ W @ X)
    beta = bread @ X.T @ W @ y
    H = X @ bread @ X.T @ W
    R = np.eye(len(y)) - H
    e = y - X @ beta
    B = R @ R.T
    names = sorted(set(groups))
    a = np.zeros((len(names), len(y)))
    for k, g in enumerate(names):
        rows = [i for i, other in enumerate(groups) if other == g]
        block = B[np.ix_(rows, rows)]
        values, vectors = np.linalg.eigh(block)
        root = vectors @ np.diag([v ** -0.5 if v > 1e-10 else 0 for v in values]) @ vectors.T
        a[k, rows] = root @ (W @ X @ bread)[rows, 0]
    variance = sum((row @ e) ** 2 for row in a)
    P = a @ R
    G = P @ P.T
    dof = np.trace(G) ** 2 / (G ** 2).sum()
    se = variance ** 0.5
    reach = stats.t.ppf(0.975, dof) * se
    return {
        "estimate": float(beta[0]),
        "stdError": float(se),
        "dof": float(dof),
        "pValue": float(2 * stats.t.sf(abs(beta[0] / se), dof)),
        "confLow": float(beta[0] - reach),
        "confHigh": float(beta[0] + reach),
    }


one = np.ones(n)
own = [str(i) for i in range(n)]
design = lambda *more: np.column_stack([treated, one, *more])
out = {}
out["plain"] = cr2(design(), mean, own)
welch = stats.ttest_ind(mean[:N1], mean[N1:], equal_var=False)
low, high = welch.confidence_interval(0.95)
out["welch"] = {"estimate": float(mean[:N1].mean() - mean[N1:].mean()), "dof": float(welch.df),
                "pValue": float(welch.pvalue), "confLow": float(low), "confHigh": float(high)}
out["ratio"] = cr2(design(), ratio, own, mass)
out["ratio"]["bySums"] = float((w * y)[unit < N1].sum() / w[unit < N1].sum() - (w * y)[unit >= N1].sum() / w[unit >= N1].sum())


def delta(rows):
    r = (mass[rows] * ratio[rows]).sum() / mass[rows].sum()
    residual = mass[rows] * (ratio[rows] - r) / mass[rows].mean()
    return residual.var(ddof=1) / len(rows), len(rows)


(v1, k1), (v0, k0) = delta(np.arange(N1)), delta(np.arange(N1, n))
out["ratioWelch"] = {"estimate": out["ratio"]["bySums"], "stdError": float((v1 + v0) ** 0.5),
                     "dof": float((v1 + v0) ** 2 / (v1 ** 2 / (k1 - 1) + v0 ** 2 / (k0 - 1)))}
out["cuped"] = cr2(design(x1, x2), mean, own)
within = lambda v: v - np.where(treated == 1, v[treated == 1].mean(), v[treated == 0].mean())
Z = np.column_stack([within(x1), within(x2)])
theta = np.linalg.solve(Z.T @ Z, Z.T @ within(mean))
adjusted = mean - np.column_stack([x1, x2]) @ theta
out["cuped"]["byTheta"] = float(adjusted[:N1].mean() - adjusted[N1:].mean())
out["cuped"]["theta"] = [float(v) for v in theta]


def lin(middle):
    c1, c2 = x1 - x1[middle].mean(), x2 - x2[middle].mean()
    return cr2(design(c1, c2, treated * c1, treated * c2), mean, own)


every, first = np.arange(n), np.arange(N1)
out["lin"] = lin(every)
predict = lambda rows: np.linalg.lstsq(np.column_stack([np.ones(len(rows)), x1[rows], x2[rows]]), mean[rows], rcond=None)[0]
out["lin"]["bySides"] = float((predict(first) - predict(np.arange(N1, n))) @ np.array([1, x1.mean(), x2.mean()]))
out["linTreated"] = lin(first)

strata = np.array(zone)
for name, weights in (("strata", lambda s: (strata == s).mean()), ("strataTreated", lambda s: (strata[:N1] == s).mean())):
    est, var = 0.0, 0.0
    for s in "abc":
        a, b = mean[(strata == s) & (treated == 1)], mean[(strata == s) & (treated == 0)]
        est += weights(s) * (a.mean() - b.mean())
        var += weights(s) ** 2 * (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    out[name] = {"estimate": float(est), "stdError": float(var ** 0.5)}

out["clustered"] = cr2(design(), mean, rack)
out["clusteredRatio"] = cr2(design(x1), ratio, rack, mass)
out["ratioCuped"] = cr2(design(x1, x2), ratio, own, mass)


def t(values, members):
    a, b = values[list(members)], np.delete(values, list(members))
    return abs(a.mean() - b.mean()) / (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) ** 0.5


real = t(mean, range(N1))
every = [t(mean, m) for m in itertools.combinations(range(n), N1)]
out["permutation"] = {"pValue": float(np.mean([v >= real * (1 - 1e-9) for v in every])), "assignments": len(every)}

out["sampleRatio"] = {
    "chiSquare": [float(v) for v in stats.chisquare([60, 940], [100, 900])],
    "binomial": float(stats.binomtest(6, 14, 0.1).pvalue),
}
p = 0.4
a, b = (1 - p) ** 2 * N1 * mass[:N1].var(ddof=1), p ** 2 * N0 * mass[N1:].var(ddof=1)
d = (1 - p) * mass[:N1].sum() - p * mass[N1:].sum()
dof = (a + b) ** 2 / (a ** 2 / (N1 - 1) + b ** 2 / (N0 - 1))
out["traffic"] = {"share": p, "seen": float(mass[:N1].sum() / mass.sum()), "statistic": float(d ** 2 / (a + b)),
                  "dof": float(dof), "pValue": float(2 * stats.t.sf(abs(d) / (a + b) ** 0.5, dof))}
print(json.dumps({
    "madeBy": "make.py with numpy " + np.__version__ + " and scipy " + __import__("scipy").__version__,
    "rows": [[f"pod-{i}", t, v, m] for i, t, v, m in table],
    "units": [{"unit": f"pod-{i}", "treated": int(treated[i]), "zone": zone[i], "rack": rack[i], "x1": float(x1[i]), "x2": float(x2[i])} for i in range(n)],
    "expected": out,
}, indent=1))
