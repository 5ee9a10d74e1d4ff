// The thread itself: it looks at the beat now and then, and acts when it stood still too long inside one strategy.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BEAT, DEPLOYMENT, NAMESPACE } from '#core/strategy/deciding.ts';
import { type DeploymentNames } from './watchdog.ts';

interface Watched {
  readonly deciding: Int32Array;
  readonly names: DeploymentNames;
  readonly hungMs: number;
  readonly file: string;
}

const { deciding, hungMs, file } = workerData as Watched;
let { names } = workerData as Watched;
const lookEveryMs = Math.max(10, Math.floor(hungMs / 10));
let beat = Atomics.load(deciding, BEAT);
let since = performance.now();

parentPort?.on('message', (now: DeploymentNames) => (names = now));
setInterval(look, lookEveryMs);

function look(): void {
  const [now, seen] = [performance.now(), Atomics.load(deciding, BEAT)];
  const deployment = Atomics.load(deciding, DEPLOYMENT);
  if (seen !== beat || deployment === 0) {
    beat = seen;
    since = now;
    return;
  }
  if (now - since < hungMs) return;
  const namespace = names[Atomics.load(deciding, NAMESPACE) - 1];
  const strategyId = namespace?.strategyIds[deployment - 1];
  write(JSON.stringify({ broker: namespace?.broker, strategyId, seconds: Math.round((now - since) / 1000) }));
  const who = `the strategy ${strategyId ?? 'at hand'} in ${namespace?.broker ?? 'a namespace'}`;
  writeSync(2, `CRITICAL ${who} does not come back; the process ends now, and the next start goes on without it.\n`);
  process.kill(process.pid, 'SIGKILL');
}

function write(text: string): void {
  const descriptor = openSync(file, 'w', 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
}
