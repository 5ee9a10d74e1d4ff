// The yardstick of W1: every rule of the workload in one loop over columns, with no stage, no event and no object. It
// shows what the JavaScript engine can do; the pipeline is measured as a ratio to it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { report, type W1Result } from './w1-result.ts';

const RUPEE = 10_000;
const FAST = 10;
const SLOW = 30;
const RING = 32;
const MASK = RING - 1;
const LOT = 10;
const MOST_UNITS = 100;
const MOST_VALUE = 1_000_000 * RUPEE;

const [path = '', capital = '10000000', passes = '6', mode = ''] = process.argv.slice(2);
const bytes = readFileSync(path);
/** Records of f64 epoch milliseconds, u32 instrument, u32 price in paise: four words each. */
const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const ticks = words.length / 4;
let many = 0;
for (let k = 0; k < ticks; k++) many = Math.max(many, (words[k * 4 + 2] as number) + 1);

/** Told of each fill, where the answer is checked: tick, instrument, signed quantity, price and fees. */
type OnFill = (tick: number, instrument: number, signed: number, price: number, fees: number) => void;

function halfUp(numerator: number, denominator: number): number {
  return Math.floor((2 * numerator + denominator) / (2 * denominator));
}

// oxlint-disable-next-line eslint/max-lines-per-function -- on purpose: a call here would measure something else
function run(onFill?: OnFill): W1Result {
  const ring = new Int32Array(many * RING);
  const [fast, slow, before] = [new Float64Array(many), new Float64Array(many), new Float64Array(many)];
  const [last, cost, reserve] = [new Float64Array(many), new Float64Array(many), new Float64Array(many)];
  const [seen, held, pending] = [new Int32Array(many), new Int32Array(many), new Int32Array(many)];
  const start = Number(capital) * RUPEE;
  let [cash, peak, maxDrawdown, marketValue, reserved, realised, fees] = [start, start, 0, 0, 0, 0, 0];
  let [orders, fills, rejects] = [0, 0, 0];
  for (let k = 0; k < ticks; k++) {
    const i = words[k * 4 + 2] as number;
    const paise = words[k * 4 + 3] as number;
    const price = paise * 100;
    let units = held[i] as number;
    if (units !== 0) marketValue += units * (price - (last[i] as number));
    const order = pending[i] as number;
    if (order !== 0) {
      pending[i] = 0;
      const size = order > 0 ? order : -order;
      const fill = halfUp(price * (order > 0 ? 10_005 : 9_995), 10_000);
      const fee = halfUp(fill * size, 1_000);
      if (order > 0) {
        reserved -= reserve[i] as number;
        cash -= fill * size + fee;
        cost[i] = (cost[i] as number) + fill * size;
      } else {
        cash += fill * size - fee;
        realised += fill * size - (cost[i] as number);
        cost[i] = 0;
      }
      units += order;
      held[i] = units;
      marketValue += order * price;
      fees += fee;
      fills++;
      if (onFill !== undefined) onFill(k, i, order, fill, fee);
    }
    last[i] = price;
    const equity = cash + marketValue;
    if (equity > peak) peak = equity;
    else if (peak - equity > maxDrawdown) maxDrawdown = peak - equity;
    const n = seen[i] as number;
    const base = i * RING;
    const fastSum = (fast[i] as number) + paise - (n >= FAST ? (ring[base + ((n - FAST) & MASK)] as number) : 0);
    const slowSum = (slow[i] as number) + paise - (n >= SLOW ? (ring[base + ((n - SLOW) & MASK)] as number) : 0);
    fast[i] = fastSum;
    slow[i] = slowSum;
    ring[base + (n & MASK)] = paise;
    seen[i] = n + 1;
    if (n < SLOW - 1) continue;
    const spread = 3 * fastSum - slowSum;
    const spreadBefore = before[i] as number;
    before[i] = spread;
    if (n === SLOW - 1) continue;
    let wanted = 0;
    if (spread > 0 && spreadBefore <= 0 && units === 0) wanted = LOT;
    else if (spread < 0 && spreadBefore >= 0 && units > 0) wanted = -units;
    if (wanted === 0) continue;
    const size = wanted > 0 ? wanted : -wanted;
    const value = size * price;
    const need = halfUp(value * 101, 100);
    const refused = size > MOST_UNITS || value > MOST_VALUE || 2 * (peak - equity) > start;
    if (refused || (wanted > 0 && cash - reserved < need)) {
      rejects++;
      continue;
    }
    orders++;
    pending[i] = wanted;
    if (wanted > 0) {
      reserve[i] = need;
      reserved += need;
    }
  }
  return {
    ticks,
    orders,
    fills,
    rejects,
    cash_e4: cash,
    equity_e4: cash + marketValue,
    realised_e4: realised,
    fees_e4: fees,
    max_drawdown_e4: maxDrawdown,
  };
}

if (mode === 'hash') {
  const digest = createHash('sha256');
  run((...fill) => digest.update(`${fill.join(',')}\n`));
  console.log(JSON.stringify({ fills_sha256: digest.digest('hex') }));
} else report(() => run(), Number(passes));
