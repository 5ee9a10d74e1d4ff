// The instruments of the broker as they were downloaded, one file a day in `DATA_DIR`. A download that cannot be right changes
// nothing: the last good one stays.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { differencesIn, readDump, type Difference, type DumpRow } from '#adapters/zerodha/instruments-dump.ts';
import { type KiteClient } from '#adapters/zerodha/kite-client.ts';
import { type Listing } from '#core/market/instrument-directory.ts';
import { formatDay, type DayNumber } from '#core/time.ts';

/** What a day's dump says, and how it differs from ours. */
export interface Master {
  /** `2026-01-05`. */
  readonly day: string;
  readonly rows: readonly DumpRow[];
}

export type Taken =
  | { readonly ok: true; readonly master: Master; readonly added: number; readonly removed: number }
  | { readonly ok: false; readonly problem: string };

const FOLDER = 'instruments';
const FILE = /^(\d{4}-\d{2}-\d{2})\.csv\.gz$/;
const KEPT = 30;
/** A list that has lost so much overnight is not whole. */
const SHARE_MIN = 0.9;

export class InstrumentsMaster {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, FOLDER);
  }

  /** The newest dump that was kept; undefined when there is none. */
  newest(): Master | undefined {
    const [day] = this.#days();
    if (day === undefined) return undefined;
    const read = readDump(gunzipSync(readFileSync(this.#pathOf(day))).toString());
    return read.ok ? { day, rows: read.rows } : undefined;
  }

  /** Keeps a download as that of a day, unless it cannot be right. */
  take(text: string, day: DayNumber): Taken {
    const read = readDump(text);
    if (!read.ok) return read;
    const { rows } = read;
    const before = this.newest();
    const least = Math.ceil((before?.rows.length ?? 0) * SHARE_MIN);
    if (rows.length < least) {
      const problem = `expected at least ${least} instruments after ${before?.rows.length ?? 0} on ${before?.day ?? ''}, found ${rows.length}`;
      return { ok: false, problem };
    }
    const name = formatDay(day);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const draft = `${this.#pathOf(name)}.new`;
    writeFileSync(draft, gzipSync(text), { mode: 0o600, flush: true });
    renameSync(draft, this.#pathOf(name));
    for (const old of this.#days().slice(KEPT)) rmSync(this.#pathOf(old));
    const [now, then] = [namesOf(rows), namesOf(before?.rows ?? [])];
    return { ok: true, master: { day: name, rows }, added: missingIn(then, now), removed: missingIn(now, then) };
  }

  /** Newest first. */
  #days(): readonly string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .flatMap((name) => FILE.exec(name)?.[1] ?? [])
      .toSorted((a, b) => (a < b ? 1 : -1));
  }

  #pathOf(day: string): string {
    return join(this.#folder, `${day}.csv.gz`);
  }
}

export interface Synced {
  /** What was said of the download. */
  readonly text: string;
  readonly ok: boolean;
  /** How the newest good dump differs from our lists; undefined when there is none. */
  readonly differences: readonly Difference[] | undefined;
}

/** Downloads the instruments of a day and compares them with ours. Never throws for what the broker sends. */
export async function syncInstruments(
  client: Pick<KiteClient, 'instruments'>,
  master: InstrumentsMaster,
  listings: readonly Listing[],
  day: DayNumber,
): Promise<Synced> {
  const asked = await client.instruments();
  const taken: Taken = asked.kind === 'read' ? master.take(asked.value, day) : { ok: false, problem: asked.message };
  const newest = taken.ok ? taken.master : master.newest();
  const differences = newest === undefined ? undefined : differencesIn(listings, newest.rows);
  if (taken.ok) {
    const text = `${taken.master.rows.length} instruments of ${taken.master.day}, ${taken.added} new, ${taken.removed} gone`;
    return { text, ok: true, differences };
  }
  const kept = newest === undefined ? 'there is no earlier list' : `the list of ${newest.day} stays`;
  return { text: `the instruments were not taken: ${taken.problem}; ${kept}`, ok: false, differences };
}

function namesOf(rows: readonly DumpRow[]): ReadonlySet<string> {
  return new Set(rows.map(({ exchange, symbol }) => `${exchange}:${symbol}`));
}

function missingIn(set: ReadonlySet<string>, names: ReadonlySet<string>): number {
  return [...names].filter((name) => !set.has(name)).length;
}
