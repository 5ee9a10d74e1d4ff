// Looks for records in the files of a logs folder, newest first. Files grow and are rotated meanwhile: a place is a file by
// its inode, which rotation leaves as it is, and an offset.
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LOG_CHANNELS, type LogChannel } from '#ports/telemetry.ts';
import {
  type ChannelFiles,
  type FoundRecord,
  type LogFilter,
  type LogPage,
  type LogPlace,
  type LogSearch,
} from '#ports/log-search.ts';
import { ROOT_LOG, SEVERITY } from './channels.ts';
import { linesBackward } from './lines-backward.ts';
import { firstTimeIn } from './maintenance.ts';
import { readLine } from './read-line.ts';
import { type TextCleaner } from './redaction.ts';

/** So much is looked at for one page. */
const LOOKED_AT_MAX = 4_194_304;
/** So much is told on one page, in characters of the lines. */
const TOLD_MAX = 1_048_576;
/** A text of these stands in a line of any format as it is. */
const PLAIN = /^[\w .:@/-]+$/;

export interface LogFilesOptions {
  readonly logsDir: string;
  /** Whether each channel has files of its own. */
  readonly multiChannelEnabled: boolean;
  readonly cleaner: TextCleaner;
  /** Hands what is buffered to the files. */
  readonly flush: () => Promise<void>;
}

interface Draft {
  readonly records: FoundRecord[];
  lookedAt: number;
  told: number;
}

export class LogFiles implements LogSearch {
  readonly #options: LogFilesOptions;

  constructor(options: LogFilesOptions) {
    this.#options = options;
  }

  async find(filter: LogFilter, place: LogPlace | undefined, limit: number): Promise<LogPage | undefined> {
    await this.#options.flush();
    const name = this.#fileOf(filter.channel);
    const page: Draft = { records: [], lookedAt: 0, told: 0 };
    // A rotation moves files up: one that was looked at comes again under its next name.
    const seen = new Set<string>();
    let isFound = place === undefined;
    for (const path of await this.#paths(name)) {
      const file = await open(path, 'r').catch(goneOrThrow);
      if (file === undefined) continue;
      try {
        const { ino, size, mtimeMs } = await file.stat({ bigint: true }).then((found) => {
          return { ino: `${found.ino}`, size: Number(found.size), mtimeMs: Number(found.mtimeMs) };
        });
        if (seen.has(ino)) continue;
        seen.add(ino);
        if (!isFound && ino !== place?.file) continue;
        const end = isFound ? size : (place?.before ?? size);
        isFound = true;
        if (end > size) return undefined;
        // Nothing in it, and in those before it, is as new as what is wanted.
        if (filter.from !== undefined && mtimeMs < filter.from) break;
        if (filter.to !== undefined && ((await firstTimeIn(file)) ?? 0) > filter.to) continue;
        const before = await this.#take(file, end, filter, page, limit);
        if (before === 'done') break;
        if (before !== undefined) return { records: page.records, next: { file: ino, before } };
      } finally {
        await file.close();
      }
    }
    return isFound ? { records: page.records, next: undefined } : undefined;
  }

  async channels(): Promise<readonly ChannelFiles[]> {
    await this.#options.flush();
    const looked = LOG_CHANNELS.map(async (channel): Promise<ChannelFiles> => {
      const paths = await this.#paths(this.#fileOf(channel));
      const found = (await Promise.all(paths.map(async (path) => stat(path).catch(goneOrThrow)))).flatMap(
        (each) => each ?? [],
      );
      const times = found.map(({ mtimeMs }) => Math.floor(mtimeMs));
      const bytes = found.reduce((sum, { size }) => sum + size, 0);
      return { channel, files: found.length, bytes, writtenAt: times.length === 0 ? undefined : Math.max(...times) };
    });
    return Promise.all(looked);
  }

  /**
   * Looks at a file from `end` towards its beginning. Returns where it stopped; undefined when it is at the beginning, and
   * `done` when nothing older is wanted.
   */
  async #take(
    file: FileHandle,
    end: number,
    filter: LogFilter,
    page: Draft,
    limit: number,
  ): Promise<number | 'done' | undefined> {
    const of = this.#options.multiChannelEnabled ? filter.channel : undefined;
    let at = end;
    for await (const lines of linesBackward(file, end)) {
      for (const { line, start } of lines) {
        if (page.records.length === limit || page.told >= TOLD_MAX || page.lookedAt >= LOOKED_AT_MAX) return at;
        page.lookedAt += at - start;
        at = start;
        if (!mayMatch(line, filter)) continue;
        const record = readLine(line, of, this.#options.cleaner);
        const time = record.timestamp === undefined ? undefined : Date.parse(record.timestamp);
        if (time !== undefined && filter.from !== undefined && time < filter.from) return 'done';
        if (!matches(record, time, filter)) continue;
        page.records.push(record);
        page.told += line.length;
      }
      await setImmediate();
    }
    return undefined;
  }

  #fileOf(channel: LogChannel | undefined): string {
    return channel === undefined || !this.#options.multiChannelEnabled ? ROOT_LOG : channel;
  }

  /** The file that is written and the rotated ones, newest first. What is packed is not looked at. */
  async #paths(name: string): Promise<readonly string[]> {
    const { logsDir } = this.#options;
    const pattern = new RegExp(`^${name}(?:\\.(\\d+))?\\.log$`);
    const names = (await readdir(logsDir).catch(goneOrThrow)) ?? [];
    return names
      .flatMap((each) => {
        const found = pattern.exec(each);
        return found === null ? [] : [{ path: join(logsDir, each), number: Number(found[1] ?? 0) }];
      })
      .toSorted((a, b) => a.number - b.number)
      .map(({ path }) => path);
  }
}

/** A look at the line as it stands, which spares reading most of those that are not wanted. */
function mayMatch(line: string, { text, id }: LogFilter): boolean {
  if (id !== undefined && PLAIN.test(id) && !line.includes(id)) return false;
  return text === undefined || !PLAIN.test(text) || line.toLowerCase().includes(text.toLowerCase());
}

function matches(record: FoundRecord, time: number | undefined, filter: LogFilter): boolean {
  const { channel, level, component, broker, text, id, from, to, mayBeTold } = filter;
  if (channel !== undefined && record.channel !== channel && !isErrorIn(record, channel)) return false;
  if (level !== undefined && (record.level === undefined || SEVERITY[record.level] < SEVERITY[level])) return false;
  if (component !== undefined && record.component !== component) return false;
  if (broker !== undefined && record.broker !== broker) return false;
  if ((from !== undefined || to !== undefined) && time === undefined) return false;
  if (time !== undefined && to !== undefined && time > to) return false;
  // Only what may be shown is searched: else the answer to a guess would tell a secret.
  if (text !== undefined && !hasText(record, text)) return false;
  if (id !== undefined && !hasId(record.fields, id)) return false;
  return mayBeTold(record);
}

/** The channel of errors has those of all channels. */
function isErrorIn({ level }: FoundRecord, channel: LogChannel): boolean {
  return channel === 'error' && (level === 'ERROR' || level === 'CRITICAL');
}

function hasText({ event, component, fields }: FoundRecord, text: string): boolean {
  const wanted = text.toLowerCase();
  if (event.toLowerCase().includes(wanted) || component?.toLowerCase().includes(wanted) === true) return true;
  return Object.values(fields).some((value) => {
    return (typeof value === 'string' ? value : JSON.stringify(value)).toLowerCase().includes(wanted);
  });
}

/** Ids are paths: what follows from a cause begins with its id. */
function hasId(fields: FoundRecord['fields'], id: string): boolean {
  return Object.values(fields).some(
    (value) => value === id || (typeof value === 'string' && value.startsWith(`${id}/`)),
  );
}

/** Upkeep may take a file away at any time. */
function goneOrThrow(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
