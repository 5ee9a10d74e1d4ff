// A process of its own for tests of what only another process can show: it holds a store, commits until it is killed, or
// fills the inbox. Started with what to do and the data directory; says on standard output, line by line, what it has done.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type TestContext } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { clockInput, commitOf, message, row, ticksInput } from './commits.ts';

const tasks = { hold, commit: commitForEver, put: putMany };
export const PUT_COUNT = 60;

export interface Child {
  readonly pid: number;
  /** The lines so far. */
  readonly lines: readonly string[];
  /** Waits until it has said so many lines, or has ended. */
  said(lines: number): Promise<void>;
  /** Ends it as nothing else can, and waits until it is gone. */
  kill(): Promise<void>;
  ended(): Promise<void>;
}

export function startChild(t: TestContext, task: keyof typeof tasks, directory: string): Child {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), task, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(child, 'exit');
  const lines: string[] = [];
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => lines.push(line));
  const closed = once(reading, 'close');
  t.after(() => child.kill('SIGKILL'));
  return {
    pid: child.pid ?? 0,
    lines,
    said: async (count) => {
      while (lines.length < count && child.exitCode === null) await Promise.race([once(reading, 'line'), closed]);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.all([over, closed]);
    },
    ended: async () => {
      await Promise.all([over, closed]);
    },
  };
}

/** Messages that `commitForEver` adds with commit number `k`, so that a test can tell what must be there. */
export function messagesOfCommit(k: number): number {
  return k % 7;
}

function hold(directory: string): void {
  try {
    openStore(directory, { now: () => 0 });
    say('open');
    setInterval(() => undefined, 1000);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

function commitForEver(directory: string): void {
  const store = openStore(directory, { now: () => 0 });
  for (let k = store.lastSeq() + 1; ; k++) {
    const messages = Array.from({ length: messagesOfCommit(k) }, (_, n) =>
      message('a.b', `${k}.${n}`, 'x'.repeat(3000)),
    );
    store.commit(
      commitOf({
        inputs: [k % 2 === 0 ? ticksInput(k, 100) : clockInput(k)],
        messages,
        rows: [row('newest', `${k}`)],
        offsets: [{ group: 'g', topic: 'a.b', offset: k }],
        urgent: k % 3 === 0,
      }),
    );
    say(`${k}`);
  }
}

function putMany(directory: string): void {
  const inbox = openInbox(directory);
  for (let k = 0; k < PUT_COUNT; k++) inbox.put([message('a.b', `${process.pid}.${k}`), message('a.b', undefined)]);
  inbox.close();
}

function say(line: string): void {
  // Written at once, so that a line that a killed process said is never lost.
  process.stdout.write(`${line}\n`);
}

const [, script, task, directory] = process.argv;
if (script === fileURLToPath(import.meta.url) && directory !== undefined) tasks[task as keyof typeof tasks](directory);
