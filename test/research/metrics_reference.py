# Writes the reference numbers of src/core/research: python3 test/research/metrics_reference.py > test/research/metrics-reference.json
# Standard library alone, written from the formulas and not from our code: exact fractions where they can be.
import itertools, json, math
from fractions import Fraction as F
from statistics import NormalDist, fmean, median, stdev

DAY = 86_400_000
equity = [1_000_000 + ((k * 7919) % 4001) * 13 - ((k * 104729) % 3001) * 11 + k * 120 for k in range(61)]
points = [{'at': k * DAY, 'equity': e, 'held': k % 3 != 0} for k, e in enumerate(equity)]
nets = [5_000, -2_000, 1_500, -700, -1_100, 0, 9_000, -3_000]
returns = [float(F(b, a) - 1) for a, b in zip(equity, equity[1:])]
n = len(returns)
mean = math.fsum(returns) / n
m = {p: math.fsum((r - mean) ** p for r in returns) / n for p in (2, 3, 4)}
down = math.sqrt(math.fsum(min(r, 0.0) ** 2 for r in returns) / n)
depth, longest = 0.0, 0
for k in range(len(equity)):
    peak = max(equity[:k + 1])
    depth = max(depth, (peak - equity[k]) / peak)
    at = max(j for j in range(k + 1) if equity[j] == peak)
    longest = max(longest, (k - at) * DAY)
cagr = (equity[-1] / equity[0]) ** (365.25 / 60) - 1
won, lost = sum(x for x in nets if x > 0), -sum(x for x in nets if x < 0)
N = NormalDist()

def psr(sr, skew, kurt, periods, benchmark):
    return N.cdf((sr - benchmark) * math.sqrt(periods - 1) / math.sqrt(1 - skew * sr + (kurt - 1) / 4 * sr * sr))

def expected_max(variance, trials):
    g = 0.5772156649015329
    return math.sqrt(variance) * ((1 - g) * N.inv_cdf(1 - 1 / trials) + g * N.inv_cdf(1 - 1 / (trials * math.e)))

trials = [[((t * 977 + k * 331 + (t * k * k) * 13 + k ** 3) % 1009) / 1e5 - 0.005 for k in range(48)] for t in range(7)]
def pbo(rows, blocks=16):
    size, below, splits = len(rows[0]) // blocks, 0, 0
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        def sr(row, inside):
            part = [row[b * size + i] for b in range(blocks) if (b in chosen) == inside for i in range(size)]
            return fmean(part) / stdev(part)
        ins = [sr(row, True) for row in rows]
        out = [sr(row, False) for row in rows]
        best = out[ins.index(max(ins))]
        rank = sum(x < best for x in out) + (sum(x == best for x in out) + 1) / 2
        w = rank / (len(rows) + 1)
        below += math.log(w / (1 - w)) <= 0
        splits += 1
    return below / splits

print(json.dumps({
    'points': points, 'nets': nets, 'returns': returns,
    'metrics': {
        'total_return': float(F(equity[-1], equity[0]) - 1), 'cagr': cagr,
        'volatility': stdev(returns) * math.sqrt(252), 'sharpe': mean / stdev(returns) * math.sqrt(252),
        'sortino': mean / down * math.sqrt(252), 'calmar': cagr / depth,
        'max_drawdown': depth, 'max_drawdown_ms': longest,
        'win_rate': 3 / 8, 'profit_factor': won / lost, 'expectancy': sum(nets) / 8,
        'average_win': won / 3, 'average_loss': -lost / 4, 'best_trade': 9000, 'worst_trade': -3000, 'losses_in_a_row': 2,
        'turnover': 7_000_000 / fmean(equity), 'exposure': sum(k % 3 != 0 for k in range(1, 61)) / 60,
    },
    'skewness': m[3] / m[2] ** 1.5, 'kurtosis': m[4] / m[2] ** 2,
    'cdf': {str(x): N.cdf(x) for x in (-6, -3.2, -1.5, -0.1, 0, 0.7, 2.9, 3.1, 5)},
    'quantile': {str(p): N.inv_cdf(p) for p in (0.0001, 0.01, 0.3, 0.5, 0.8, 0.99, 0.99999)},
    'psr': psr(mean / stdev(returns), m[3] / m[2] ** 1.5, m[4] / m[2] ** 2, n, 0.01),
    'expected_max': {str(t): expected_max(0.02, t) for t in (2, 10, 100)},
    'trials': trials, 'pbo': pbo(trials),
}, indent=1))
