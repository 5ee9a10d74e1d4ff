// `npm run bench -- WORKLOAD …`: the workloads that every figure of the project is quoted on.
import { cpus } from 'node:os';
import { benchAgree } from './agree.ts';
import { benchDay } from './day.ts';
import { benchDecoder } from './decoder.ts';
import { benchFuzz } from './fuzz.ts';
import { benchKill } from './kill.ts';
import { benchOrder } from './order.ts';
import { benchSweep } from './sweep.ts';
import { benchJournal, benchW1 } from './w1.ts';
import { benchW2 } from './w2.ts';
import { benchW3 } from './w3.ts';
import { benchW4 } from './w4.ts';
import { benchW5 } from './w5.ts';
import { benchW6 } from './w6.ts';
import { benchW7 } from './w7.ts';
import { benchW8 } from './w8.ts';

const WORKLOADS: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  w1: benchW1,
  journal: benchJournal,
  w2: benchW2,
  w3: benchW3,
  w4: benchW4,
  w5: benchW5,
  w6: benchW6,
  w7: benchW7,
  w8: benchW8,
  sweep: benchSweep,
  agree: benchAgree,
  day: benchDay,
  order: benchOrder,
  kill: benchKill,
  decoder: benchDecoder,
  fuzz: benchFuzz,
};

const [name = '', ...args] = process.argv.slice(2);
const workload = WORKLOADS[name];
if (workload === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(WORKLOADS).join('|')} [options]`);
  process.exitCode = 2;
} else {
  const { model = 'unknown processor' } = cpus()[0] ?? {};
  console.error(`machine: ${cpus().length} x ${model.trim()}, Node ${process.version}, ${process.platform}`);
  process.exitCode = await workload(args);
}
