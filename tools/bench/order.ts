// `npm run bench -- order`: from a tick's due time at ingest to the call of the gateway's submit, durable first, against
// one 4 KiB record appended and synced on the same disk.
import { parseArgs } from 'node:util';
import { interleave, ratioOf, runScript } from './paired.ts';
import { script } from './paths.ts';

interface Latencies {
  readonly p50_us: number;
  readonly p99_us: number;
}

const P50_MAX = 1.5;

export function benchOrder(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, pairs: { type: 'string', default: '7' } },
  });
  const ours: Latencies[] = [];
  const yardstick: Latencies[] = [];
  interleave(
    Number(values.pairs),
    () => ours.push(runScript(script('order-latency.ts'), [])),
    () => yardstick.push(runScript(script('append-latency.ts'), [])),
  );
  const p50 = ratioOf(
    ours.map((run) => run.p50_us),
    yardstick.map((run) => run.p50_us),
  );
  const p99 = ratioOf(
    ours.map((run) => run.p99_us),
    yardstick.map((run) => run.p99_us),
  );
  const figures = {
    p50_ratio: p50.median,
    p50_min: p50.min,
    p50_max: p50.max,
    p99_ratio: p99.median,
    pairs: p50.pairs,
    ours: ours[0],
    yardstick: yardstick[0],
  };
  if (!values.json) {
    console.log(
      `order: durable tick to order p50 at ${p50.median.toFixed(2)} times append + fsync, must be <= ${P50_MAX}`,
    );
  }
  console.log(JSON.stringify(figures));
  return p50.median <= P50_MAX ? 0 : 1;
}
