// The divergence of two runs, each a kept backtest or a book of a data directory.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatDecimal } from '#core/decimal.ts';
import { type Divergence, divergenceOf, type Pair, type Parts, type RunFacts } from '#core/research/divergence.ts';
import { type EpochMs, formatInstant, SECOND_MS } from '#core/time.ts';
import { withStore } from '../reading/open-store.ts';
import { logFacts } from './log-facts.ts';
import { findRun, readDetail } from './run-store.ts';

/** Amounts are decimal text in rupees. */
export interface DivergenceReport {
  readonly a: string;
  readonly b: string;
  readonly net_pnl_a: string;
  readonly net_pnl_b: string;
  readonly difference: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly unexplained: string;
  readonly signals: { readonly both: number; readonly only_a: number; readonly only_b: number };
  /** Those that differ, the greatest difference first. */
  readonly differing: readonly DifferingSignal[];
}

export interface DifferingSignal {
  readonly ts: string;
  readonly instrument_token: number;
  readonly side: string;
  readonly in: 'both' | 'a' | 'b';
  readonly difference: string;
  readonly parts: Readonly<Record<string, string>>;
}

export interface CompareRequest {
  /** A run's id, or `DIR`, `DIR:BROKER` or `DIR:BROKER:STRATEGY` of a data directory. */
  readonly a: string;
  readonly b: string;
  readonly folder: string;
  /** Where the runs lie. */
  readonly dataDir: string;
  readonly toleranceSeconds: number;
}

/** Throws `RequestError` or `StoreError`. */
export function compareRuns(request: CompareRequest): DivergenceReport {
  const { a, b, toleranceSeconds } = request;
  const [left, right] = [factsOf(a, request), factsOf(b, request)];
  return reportOf(a, b, left, right, divergenceOf(left, right, toleranceSeconds * SECOND_MS));
}

function factsOf(name: string, { folder, dataDir }: CompareRequest): RunFacts {
  const place = placeIn(name, folder);
  if (place !== undefined) return withStore(place.path, (reader) => logFacts(reader, place.broker, place.strategy));
  const { outcomes, marks, settled, net_pnl: netPnl } = readDetail(dataDir, findRun(dataDir, name).id);
  return { signals: outcomes, marks: new Map(marks), settled, netPnl };
}

interface BookPlace {
  readonly path: string;
  readonly broker: string | undefined;
  readonly strategy: string | undefined;
}

function placeIn(name: string, folder: string): BookPlace | undefined {
  const words = name.split(':');
  for (const count of [0, 1, 2]) {
    const path = resolve(folder, words.slice(0, words.length - count).join(':'));
    const [broker, strategy] = words.slice(words.length - count);
    if (count < words.length && existsSync(path)) return { path, broker, strategy };
  }
  return undefined;
}

function reportOf(a: string, b: string, left: RunFacts, right: RunFacts, found: Divergence): DivergenceReport {
  const { pairs } = found;
  const differing = pairs.filter(
    (pair) => sumOf(pair.parts) !== 0 || Object.values(pair.parts).some((part) => part !== 0),
  );
  return {
    a,
    b,
    net_pnl_a: formatDecimal(left.netPnl),
    net_pnl_b: formatDecimal(right.netPnl),
    difference: formatDecimal(found.difference),
    parts: partsText(found.parts),
    unexplained: formatDecimal(found.unexplained),
    signals: {
      both: pairs.filter((pair) => placeOf(pair) === 'both').length,
      only_a: pairs.filter((pair) => placeOf(pair) === 'a').length,
      only_b: pairs.filter((pair) => placeOf(pair) === 'b').length,
    },
    differing: differing.toSorted((x, y) => Math.abs(sumOf(y.parts)) - Math.abs(sumOf(x.parts))).map(lineOf),
  };
}

function lineOf(pair: Pair): DifferingSignal {
  const signal = pair.a ?? pair.b;
  return {
    ts: formatInstant((signal?.at ?? 0) as EpochMs),
    instrument_token: signal?.token ?? 0,
    side: signal?.side ?? '',
    in: placeOf(pair),
    difference: formatDecimal(sumOf(pair.parts)),
    parts: partsText(pair.parts),
  };
}

function placeOf({ a, b }: Pair): DifferingSignal['in'] {
  if (a === undefined) return 'b';
  return b === undefined ? 'a' : 'both';
}

function sumOf(parts: Parts): number {
  return Object.values(parts).reduce((sum, part) => sum + part, 0);
}

function partsText(parts: Parts): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parts).map(([part, amount]) => [part, formatDecimal(amount)]));
}
