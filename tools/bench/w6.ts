// `npm run bench -- w6`: killed in the middle of a tape and started again: the state must be that of a run that nobody
// killed, and the time until the platform runs again counts. The tape is long enough for a million events before the kill.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { round } from './against-bare.ts';
import { makeTape } from './make-tape.ts';
import { medianOf } from './paired.ts';
import { ended, startPlatform, stateHash } from './platform.ts';
import { inFolder, W1_SHAPE } from './work.ts';

const READY_MS_MAX = 1_500;
/** Of the undisturbed run's time, when the kill comes. */
const KILL_AT = 0.9;

export async function benchW6(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { kills: { type: 'string', default: '3' } } });
  return inFolder((folder) => measure(folder, Number(values.kills)));
}

async function measure(folder: string, kills: number): Promise<number> {
  const tape = join(folder, 'tape.bin');
  makeTape(tape, { ...W1_SHAPE, steps: 1.2 * W1_SHAPE.steps });
  const options = ['--feed', `tape:${tape}`, '--speed', 'max', '--once'];
  const whole = join(folder, 'whole');
  const { child } = await startPlatform(whole, options);
  const from = performance.now();
  await ended(child);
  const wholeMs = performance.now() - from;
  const expected = stateHash(whole);
  const ready: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const dataDir = join(folder, `killed-${kill}`);
    const first = await startPlatform(dataDir, options);
    await sleep(wholeMs * KILL_AT);
    const isRunning = first.child.exitCode === null;
    first.child.kill('SIGKILL');
    if (isRunning) await once(first.child, 'exit');
    const again = await startPlatform(dataDir, options);
    ready.push(again.readyMs);
    await ended(again.child);
    const found = stateHash(dataDir);
    if (found !== expected) {
      console.error(`W6: the state after a kill has the hash ${found}, the undisturbed one ${expected}`);
      return 1;
    }
    if (!isRunning) console.error('W6: the run was over before the kill; its start counts as one without a crash');
  }
  const [median, min, max] = [medianOf(ready), Math.min(...ready), Math.max(...ready)];
  console.log(
    `W6: the state equals that of a run that nobody killed; ready ${Math.round(median)} ms after the start ` +
      `(${Math.round(min)} to ${Math.round(max)}, ${kills} kills), must be <= ${READY_MS_MAX}`,
  );
  console.log(
    JSON.stringify({ sha256: expected, ready_ms: round(median), ready_ms_min: round(min), ready_ms_max: round(max) }),
  );
  return median <= READY_MS_MAX || min <= READY_MS_MAX * 0.9 ? 0 : 1;
}
