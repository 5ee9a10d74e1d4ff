// The program as a process of its own, as a user runs it. Everything about it is bounded: how long it lives, how much it
// may say and how much memory it may take.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export const PROJECT = resolve(import.meta.dirname, '..', '..', '..');

const MAIN = join(PROJECT, 'src', 'cli', 'main.ts');
/** Compiled once for all the processes of a run: half of what a start takes. */
const COMPILED = join(PROJECT, 'node_modules', '.cache', 'compiled');
const LIFE_MS_MAX = 60_000;
const SAID_MS_MAX = 20_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY_MB_MAX = 512;
const LINES_SHOWN = 8;

export type Env = Readonly<Record<string, string>>;

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Limits {
  /** No file may grow larger: a disk that is full at that size. */
  readonly fileBytesMax?: number;
  /** It is ended when it lives longer. */
  readonly lifeMsMax?: number;
}

/** One line of the log on stderr. */
export interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

/** `alpha-panda ARGS`, with no settings but those given: neither the caller's environment nor a `.env` file counts. */
export class Program {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #errorLines: string[] = [];
  #over = false;

  constructor(folder: string, args: readonly string[], env: Env, limits: Limits = {}) {
    const command = [process.execPath, `--max-old-space-size=${MEMORY_MB_MAX}`, MAIN, ...args];
    const [file = '', ...rest] = limits.fileBytesMax === undefined ? command : limited(command, limits.fileBytesMax);
    const child = spawn(file, rest, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limits.lifeMsMax ?? LIFE_MS_MAX,
      killSignal: 'SIGKILL',
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.ended = this.#collect(child);
  }

  get errorLines(): readonly string[] {
    return this.#errorLines;
  }

  /** What was logged so far, in JSON. */
  get log(): readonly LogLine[] {
    return logLines(this.#errorLines);
  }

  /** Sends a signal; the process may be gone already. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks for an orderly stop. */
  async stop(signal: 'SIGINT' | 'SIGTERM'): Promise<Ended> {
    this.kill(signal);
    return this.ended;
  }

  /** Waits for a log message that begins so; fails when the process ends before it says it. */
  async said(start: string): Promise<LogLine> {
    const what = `a message ${JSON.stringify(start)}`;
    return this.until(what, () => this.log.find(({ event }) => event.startsWith(start)));
  }

  /** Waits until `look` gives something, as long as the process lives. */
  async until<T>(what: string, look: () => T | undefined, msMax = SAID_MS_MAX): Promise<T> {
    const deadline = performance.now() + msMax;
    for (;;) {
      const over = this.#over;
      const found = look();
      if (found !== undefined) return found;
      if (over || performance.now() > deadline) {
        const tail = this.#errorLines.slice(-LINES_SHOWN).join('\n');
        throw new Error(
          `expected ${what} ${over ? 'before the process ended' : `within ${msMax} ms`}; it said:\n${tail}`,
        );
      }
      await sleep(20);
    }
  }

  async #collect(child: ChildProcess): Promise<Ended> {
    const stdout: Buffer[] = [];
    let bytes = 0;
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > OUTPUT_BYTES_MAX) child.kill('SIGKILL');
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      count(chunk);
      stdout.push(chunk);
    });
    child.stderr?.on('data', count);
    if (child.stderr !== null)
      createInterface({ input: child.stderr }).on('line', (line) => this.#errorLines.push(line));
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    this.#over = true;
    return { code, signal, stdout: Buffer.concat(stdout).toString(), stderr: this.#errorLines.join('\n') };
  }
}

/** The shell sets the limit and becomes the command. */
function limited(command: readonly string[], fileBytesMax: number): readonly string[] {
  const blocks = Math.floor(fileBytesMax / 512);
  return ['/bin/sh', '-c', `ulimit -f ${blocks} && exec "$@"`, 'sh', ...command];
}

/** How a process ended and what it said last, for the message of a failed test. */
export function lastWords({ code, signal, stderr, stdout }: Ended): string {
  const said = [...stdout.trimEnd().split('\n'), ...stderr.split('\n')].slice(-LINES_SHOWN);
  return `ended with ${signal ?? code}; it said:\n${said.join('\n')}`;
}

/** The lines that are log lines in JSON; whatever else was said on stderr is left out. */
export function logLines(lines: readonly string[]): readonly LogLine[] {
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}
