// The yardstick of durable latency: one 4 KiB record appended and synced, again and again.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentiles } from './percentiles.ts';

const RECORDS = 3_000;
const record = Buffer.alloc(4096, 7);
const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-append-'));
try {
  const file = openSync(join(folder, 'log'), 'a');
  const times: number[] = [];
  for (let k = 0; k < RECORDS; k++) {
    const from = process.hrtime.bigint();
    writeSync(file, record);
    fdatasyncSync(file);
    times.push(Number(process.hrtime.bigint() - from) / 1_000);
  }
  closeSync(file);
  console.log(JSON.stringify(percentiles(times.slice(RECORDS / 10))));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
