// A data directory with the settings that go with it, in a folder that ends with the test; programs run in it, and what
// they left is read from it.
import { createHash } from 'node:crypto';
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openMessages, openReader } from '#app/open-place.ts';
import { type Place as StorePlace } from '#app/place.ts';
import { readState, type StateReport } from '#app/reading/books.ts';
import type { LogMessage, NewMessage } from '#ports/event-log.ts';
import { StoreError, type StoreReader } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { temporaryFolder } from '../../support/tape-builder.ts';
import { lastWords, Program, type Ended, type Env, type Limits } from './processes.ts';

/** An event as the topics hold it. */
export interface Event {
  readonly id: string;
  readonly type: string;
  readonly broker: string;
  readonly ts: string;
  readonly correlation_id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A topic's content: how much, and a hash of every offset, key and value in it. */
export type Digests = Readonly<Record<string, string>>;

const AT_ONCE = 1_000;
/** Everything is logged on stderr as JSON, but for the orders one by one. */
const QUIET: Env = {
  ENVIRONMENT: 'testing',
  LOGGING__FILE_ENABLED: 'false',
  LOGGING__CONSOLE_JSON_FORMAT: 'true',
  LOGGING__TRADING_LEVEL: 'WARNING',
  // A free one: places of other tests listen beside it.
  API__PORT: '0',
};

export class Place {
  readonly folder: string;
  readonly dataDir: string;
  readonly env: Env;
  /** Where the store is: the data directory, unless the settings name a database. */
  readonly store: StorePlace;
  readonly #programs: Program[] = [];

  constructor(test: Pick<TestContext, 'after'>, env: Env = {}) {
    // Before the folder goes: hooks run in the order in which they were given.
    test.after(() => this.#endAll());
    this.folder = temporaryFolder(test);
    this.dataDir = join(this.folder, 'data');
    this.env = { ...QUIET, DATA_DIR: this.dataDir, ...env };
    const { PROFILE: profile, DATABASE__POSTGRES_URL: postgresUrl = '' } = env;
    this.store = profile === 'distributed' ? { postgresUrl } : this.dataDir;
  }

  /** Starts `alpha-panda ARGS` with these settings on top of the place's own. */
  program(args: readonly string[], env: Env = {}, limits: Limits = {}): Program {
    const program = new Program(this.folder, args, { ...this.env, ...env }, limits);
    this.#programs.push(program);
    return program;
  }

  /** Runs `alpha-panda ARGS` to its end. */
  async run(args: readonly string[], env: Env = {}): Promise<Ended> {
    return this.program(args, env).ended;
  }

  /** Plays a whole tape as fast as it goes; fails unless that ends well. */
  async play(tape: string, env: Env = {}): Promise<Ended> {
    const ended = await this.run(playing(tape), env);
    assert.equal(ended.code, 0, lastWords(ended));
    return ended;
  }

  /** The standard output of a command that must end well. */
  async output(...args: readonly string[]): Promise<string> {
    const ended = await this.run(args);
    assert.equal(ended.code, 0, lastWords(ended));
    return ended.stdout;
  }

  async state(): Promise<StateReport> {
    return JSON.parse(await this.output('state', '--json')) as StateReport;
  }

  /** What `state` says of all books together. */
  sha256(): string {
    return readState(this.store).sha256;
  }

  /** Ticks that are durable; none while there is no store. */
  ticks(): number {
    try {
      return this.read((reader) => reader.topics().find(({ topic }) => topic === MARKET_TICKS)?.end ?? 0);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'MISSING') return 0;
      throw error;
    }
  }

  /** Leaves messages for the platform; the data directory need not have been used before. */
  put(...messages: readonly NewMessage[]): void {
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const inbox = openMessages(this.store);
    inbox.put(messages);
    inbox.close();
  }

  read<T>(look: (reader: StoreReader) => T): T {
    const reader = openReader(this.store);
    try {
      return reader.consistently(() => look(reader));
    } finally {
      reader.close();
    }
  }

  values(topic: string): readonly string[] {
    return this.read((reader) => Array.from(messagesOf(reader, topic), ({ value }) => value));
  }

  events(topic: string): readonly Event[] {
    return this.values(topic).map((value) => JSON.parse(value) as Event);
  }

  /** Every topic that holds anything and whose name begins so. */
  digests(start = ''): Digests {
    return this.read((reader) => {
      const held = reader.topics().filter(({ topic, end }) => end > 0 && topic.startsWith(start));
      return Object.fromEntries(held.map(({ topic }) => [topic, digest(reader, topic)]));
    });
  }

  async #endAll(): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL');
    await Promise.all(this.#programs.map(async (program) => program.ended));
  }
}

/** The flags that play a whole tape and end. */
export function playing(tape: string): readonly string[] {
  return ['start', '--feed', `tape:${tape}`, '--speed', 'max', '--once'];
}

function* messagesOf(reader: StoreReader, topic: string): Generator<LogMessage> {
  for (let offset = 0; ;) {
    const page = reader.read(topic, offset, AT_ONCE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    offset = last.offset + 1;
  }
}

function digest(reader: StoreReader, topic: string): string {
  const hash = createHash('sha256');
  let count = 0;
  for (const { offset, key, value } of messagesOf(reader, topic)) {
    hash.update(`${offset} ${key} ${value}\n`);
    count++;
  }
  return `${count} messages, ${hash.digest('hex')}`;
}
