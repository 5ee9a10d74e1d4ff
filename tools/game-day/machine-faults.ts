// Faults of the machine and of the process: what is full, what is busy, what stands still.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { availableMemory } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Env } from '../../test/e2e/support/processes.ts';
import { type Fault } from './drill.ts';
import { type Stage } from './stage.ts';

const FALLOCATE = '/usr/bin/fallocate';
/** Of the whole: so far above what is in use lies the threshold, and twice as much is taken. */
const MEMORY_MARGIN = 0.04;
const DISK_MARGIN = 0.002;
const BUSY_MS = 20_000;
const STOPPED_MS = 3_000;

/** Thresholds so far above what the machine uses now that a moderate fault passes them. */
export async function machineThresholds(folder: string): Promise<Env> {
  const memory = 1 - availableMemory() / totalmem();
  const { blocks, bavail } = await statfs(folder);
  const above = (share: number, margin: number): string => Math.min(0.999, share + margin).toFixed(3);
  return {
    MONITORING__MEMORY_ALERT_THRESHOLD: above(memory, MEMORY_MARGIN),
    MONITORING__DISK_ALERT_THRESHOLD: above(1 - bavail / blocks, DISK_MARGIN),
    MONITORING__CPU_ALERT_THRESHOLD: '0.97',
  };
}

export function machineFaults({ place, program, pull }: Stage): readonly (Fault | string)[] {
  const filling = join(place.folder, 'filling');
  let eater: ReturnType<typeof spawn> | undefined;
  const disk: Fault = {
    name: 'the disk of the data directory fills up',
    expects: [{ code: 'DISK_FULL' }],
    inject: async () => {
      const { blocks, bsize } = await statfs(place.folder);
      await ended(spawn(FALLOCATE, ['-l', `${Math.ceil(2 * DISK_MARGIN * blocks * bsize)}`, filling]));
    },
    mend: () => rmSync(filling),
  };
  return [
    {
      name: 'the processors are busy with something else',
      expects: [{ code: 'CPU_HIGH' }],
      inject: () => {
        const busy = `const end = Date.now() + ${BUSY_MS}; while (Date.now() < end);`;
        for (let k = 0; k < availableParallelism(); k++) spawn(process.execPath, ['-e', busy]).unref();
      },
      mend: async () => sleep(BUSY_MS / 2),
    },
    existsSync(FALLOCATE) ? disk : 'disk (no fallocate)',
    {
      name: 'another process takes the memory',
      expects: [{ code: 'MEMORY_HIGH' }],
      inject: () => {
        const bytes = Math.ceil(2 * MEMORY_MARGIN * totalmem());
        eater = spawn(process.execPath, ['-e', eating(bytes)]);
      },
      mend: async () => {
        eater?.kill('SIGKILL');
        if (eater !== undefined) await once(eater, 'exit');
      },
    },
    {
      name: 'the process gets no processor for three seconds',
      expects: [{ code: 'LOOP_BLOCKED' }],
      inject: async () => {
        program.kill('SIGSTOP');
        await sleep(STOPPED_MS);
        program.kill('SIGCONT');
      },
    },
    {
      name: 'the clock of the machine jumps',
      expects: [{ code: 'CLOCK_JUMPED' }],
      inject: () => pull({ clockShiftMs: 5_000 }),
    },
  ];
}

/** Writes every page, so that it is not only promised. */
function eating(bytes: number): string {
  const piece = 64 * 1_048_576;
  return `const kept = []; for (let k = 0; k < ${Math.ceil(bytes / piece)}; k++) kept.push(Buffer.alloc(${piece}, 1)); setInterval(() => kept.length, 1e6);`;
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`expected room for a file to be taken; ${FALLOCATE} ended with ${code}`);
}
