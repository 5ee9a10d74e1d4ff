import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { syntheticTape } from '../../../test/e2e/support/synthetic-tape.ts';
import { TickBatch } from '#core/market/tick.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { runCli, smallData } from '../../../test/support/cli.ts';
import { csv, temporaryFolder, writeTape } from '../../../test/support/tape-builder.ts';
import { readSettings } from '../reading/settings.ts';
import { tapeRules } from '../research/prepare.ts';
import { streamTape } from '../research/tick-source.ts';
import { inspectTape } from './inspect.ts';
import { recordSimulator } from './record.ts';

const timeout = 60_000;

function settingsIn(folder: string, extra: Readonly<Record<string, string>> = {}) {
  const overrides = { DATA_DIR: join(folder, 'data'), FEED__INSTRUMENTS: '2', ...extra };
  return readSettings({ env: {}, folder, overrides }).settings;
}

async function record(t: TestContext, name: string, extra: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = temporaryFolder(t);
  const out = join(folder, name);
  const signal = new AbortController().signal;
  const settings = settingsIn(folder, { FEED__TICKS_PER_SECOND: '0.05', ...extra });
  await recordSimulator({ settings, out, format: 'csv', days: 2, signal, onProgress: () => undefined });
  return out;
}

test('the same seed records the same tape, another one another, and it is sound', { timeout }, async (t) => {
  const settings = settingsIn(temporaryFolder(t));
  const [first, second, other] = [
    await record(t, 'a'),
    await record(t, 'b'),
    await record(t, 'c', { FEED__SEED: '7' }),
  ];
  const reports = await Promise.all([first, second, other].map((path) => inspectTape(path, settings)));
  assert.equal(reports[0]?.tape, reports[1]?.tape);
  assert.notEqual(reports[0]?.tape, reports[2]?.tape);
  assert.deepEqual([...new Set(reports[0]?.instruments.map(({ days }) => days))], [2]);
  const refused = Object.values(reports[0]?.refused ?? {});
  assert.deepEqual([...new Set(refused)], [0], 'nothing that it wrote is refused');
  const manifest = JSON.parse(readFileSync(join(first, 'tape.json'), 'utf8')) as { rows: number; complete: boolean };
  assert.deepEqual([manifest.rows, manifest.complete], [reports[0]?.rows, true]);
});

test('a recording that is interrupted is a tape that says so', { timeout }, async (t) => {
  const folder = temporaryFolder(t);
  const settings = settingsIn(folder);
  const stop = new AbortController();
  const onProgress = (): void => stop.abort();
  const out = join(folder, 'cut');
  const made = await recordSimulator({ settings, out, format: 'gzip', days: 5, signal: stop.signal, onProgress });
  assert.equal(made.complete, false);
  assert.ok(made.rows > 0);
  assert.equal((await inspectTape(out, settings)).rows, made.rows);
  assert.ok(!existsSync(`${out}.part`));
});

test('what a platform saw becomes a tape', { timeout }, async (t) => {
  const data = smallData(t);
  const folder = temporaryFolder(t);
  const cli = async (...args: string[]) => runCli(args, { folder, env: { DATA_DIR: data } });
  const made = await cli('record', '--feed', 'log', '--out', 'seen', '--json');
  assert.equal(made.code, 0, made.stderr);
  const { rows, complete } = JSON.parse(made.stdout) as { rows: number; complete: boolean };
  const info = JSON.parse((await cli('tape', 'info', 'seen', '--json')).stdout) as { rows: number };
  assert.deepEqual([rows, info.rows, complete], [140, 140, true], 'two stocks, seventy steps');
  const store = openStore(data, { now: () => 0, checkpointer: 'none' });
  const ticks = store.topics().find(({ topic }) => topic === 'market.ticks');
  store.close();
  assert.equal(ticks?.end, 140);
  assert.match(
    (await cli('record', '--feed', 'log', '--out', 'x', '--days', '2')).stderr,
    /--days is of --feed simulator, found --feed log/,
  );
});

test('a converted tape runs to the same ticks, packed and back', { timeout }, async (t) => {
  const dirty = syntheticTape(t, { rows: 3_000, dirty: true });
  const folder = temporaryFolder(t);
  const settings = settingsIn(folder);
  const env = { DATA_DIR: join(folder, 'data') };
  for (const [from, to, format] of [
    [dirty, 'packed', 'gzip'],
    ['packed', 'plain', 'csv'],
  ] as const) {
    const { code, stdout, stderr } = await runCli(['tape', 'convert', from, to, '--to', format], { env, folder });
    assert.equal(code, 0, stderr);
    assert.equal(/left out: out_of_session/.test(stdout), from === dirty, stdout);
  }
  const rowsOf = async (path: string): Promise<number> => (await inspectTape(path, settings)).rows;
  const counts = [await rowsOf(dirty), await rowsOf(join(folder, 'packed')), await rowsOf(join(folder, 'plain'))];
  assert.equal(new Set(counts).size, 1, counts.join(', '));
  assert.ok((counts[0] ?? 0) > 10_000, 'more than one packed piece in a file');
  const sources = await Promise.all(
    ['packed', 'plain'].map((name) => streamTape(join(folder, name), tapeRules(settings))),
  );
  assert.equal(sources[0]?.tape, sources[1]?.tape);
  for (const source of sources) await source.close();
  assert.ok(readdirSync(join(folder, 'packed')).includes('INFY.csv.gz'));
  const again = await runCli(['tape', 'convert', dirty, 'packed'], { env, folder });
  assert.equal(again.code, 1);
  assert.match(again.stderr, /packed is there already/);
});

test('a tape goes through Parquet and comes back the same, volumes and all', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 16_000, dirty: false });
  const folder = temporaryFolder(t);
  const env = { DATA_DIR: join(folder, 'data') };
  const cli = async (...args: string[]) => runCli(['tape', ...args], { env, folder });
  const out = await cli('convert', tape, 'all.parquet', '--to', 'parquet');
  assert.equal(out.code, 0, out.stderr);
  const back = await cli('convert', 'all.parquet', 'back', '--to', 'csv');
  assert.equal(back.code, 0, back.stderr);
  const [first, second] = [(await cli('info', tape)).stdout, (await cli('info', 'back')).stdout];
  assert.equal(second, first, 'the same tape: content, rows and times');
  writeFileSync(join(folder, 'cut.parquet'), readFileSync(join(folder, 'all.parquet')).subarray(0, 5_000));
  const cut = await cli('convert', 'cut.parquet', 'cut');
  assert.equal(cut.code, 1);
  assert.match(cut.stderr, /is no Parquet file, or is cut short/);
  assert.match((await cli('convert', tape, 'all.parquet', '--to', 'parquet')).stderr, /is there already/);
});

test('a run over a Parquet file decides what one over the rows in a folder does', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 2_000, dirty: true });
  const folder = temporaryFolder(t);
  const env = { DATA_DIR: join(folder, 'data'), ACTIVE_BROKERS: 'paper', RISK__MAX_TRADES_PER_DAY: '0' };
  const cli = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(args, { env, folder });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await cli('tape', 'convert', tape, 'all.parquet', '--to', 'parquet');
  const [rows, columns] = [tape, 'all.parquet'].map(async (ticks) => {
    const run = [
      'backtest',
      '--ticks',
      ticks,
      '--strategy',
      'sma_crossover',
      '--param',
      'fast=5',
      '--param',
      'slow=20',
      '--json',
    ];
    const { orders, fills, equity, fees, drawdown } = JSON.parse(await cli(...run)) as Record<string, unknown>;
    return { orders, fills, equity, fees, drawdown };
  });
  assert.deepEqual(await columns, await rows);
  assert.ok(Number((await rows)?.fills) > 20);
  const info = JSON.parse(await cli('tape', 'info', 'all.parquet', '--json')) as { rows: number };
  await cli('start', '--feed', `tape:${join(folder, 'all.parquet')}`, '--once', '--speed', 'max');
  const { end } = (JSON.parse(await cli('topics', 'list', '--json')) as { topic: string; end: number }[]).find(
    ({ topic }) => topic === 'market.ticks',
  ) ?? { end: 0 };
  assert.equal(end, info.rows, 'the platform plays it too');
});

test('rows of a Parquet file are judged one by one, each against those of its instrument', { timeout }, async (t) => {
  const folder = temporaryFolder(t);
  const at = (second: number): Date => new Date(Date.UTC(2021, 5, 11, 3, 45, second));
  const rows: readonly (readonly [Date | null, string, number | null, number | null])[] = [
    [at(0), 'INFY', 1400.05, 10],
    [at(0), 'TCS', 3200, null],
    [at(0), 'INFY', 1400.05, 10],
    [at(5), 'TCS', 3200.5, 7],
    [at(4), 'INFY', 1400.1, 20],
    [null, 'INFY', 1400.1, 20],
    [new Date(Date.UTC(1999, 1, 1)), 'INFY', 1400.1, 20],
    [at(6), 'INFY', null, 20],
    [at(6), 'INFY', 0, 20],
    [new Date(Date.UTC(2021, 5, 11, 12)), 'INFY', 1400, 20],
    [at(7), 'INFY', 1400.15, 30],
  ];
  const path = join(folder, 'all.parquet');
  const column = (name: string, place: 0 | 1 | 2 | 3, type: 'TIMESTAMP' | 'STRING' | 'DOUBLE' | 'INT64') => {
    const data = rows.map((row) =>
      type === 'INT64' && row[place] !== null ? BigInt(row[place] as number) : row[place],
    );
    return { name, data, type, nullable: true };
  };
  parquetWriteFile({
    filename: path,
    columnData: [
      column('timestamp', 0, 'TIMESTAMP'),
      column('symbol', 1, 'STRING'),
      column('ltp', 2, 'DOUBLE'),
      column('volume', 3, 'INT64'),
    ],
  });
  const source = await streamTape(path, tapeRules(settingsIn(folder)));
  const batch = new TickBatch(100, false);
  await source.next(batch);
  const taken = Array.from({ length: batch.count }, (_, k) => [
    source.instruments[batch.instrument[k] as number]?.symbol,
    batch.time[k],
    batch.price[k],
    batch.volume[k],
    batch.sequence[k],
  ]);
  assert.deepEqual(taken, [
    ['INFY', at(0).getTime(), 14_000_500, 10, 1],
    ['TCS', at(0).getTime(), 32_000_000, -1, 2],
    ['TCS', at(5).getTime(), 32_005_000, 7, 4],
    ['INFY', at(7).getTime(), 14_001_500, 30, 11],
  ]);
  assert.deepEqual(source.refused(), { bad_time: 2, bad_price: 2, out_of_session: 1, duplicate: 1, out_of_order: 1 });
  await source.close();
});

test('each kind of bad input is told by its own message', { timeout }, async (t) => {
  const row = (second: number, text = ''): string =>
    `2021-06-11 09:15:${String(second).padStart(2, '0')},100.05,${second}${text}`;
  const rows = Array.from({ length: 50 }, (_, second) => row(second));
  const bad: readonly (readonly [readonly string[] | Uint8Array, RegExp])[] = [
    [[], /no row can be used/],
    [[...rows, row(3)], /1 rows are refused as out_of_order: .*sort the file/],
    [[...rows, row(49)], /1 rows are refused as duplicate/],
    [[...rows, '2021-06-11T09:16:00+05:30,1,1'], /1 rows are refused as bad_time: .*without a zone/],
    [[...rows, '2021-06-11 03:46:00,100.00,60'], /1 rows are refused as out_of_session: .*another time zone/],
    [[...rows, '2021-06-11 09:16:00,0,60'], /1 rows are refused as bad_price: no price above zero/],
    [[...rows, '2021-06-11 09:30:00,100.00,60'], /silent for more than 5 minutes within a day, 1 times/],
    [gzipSync(csv(rows)).subarray(0, -20), /is damaged/],
  ];
  for (const [content, message] of bad) {
    const folder = temporaryFolder(t);
    const name = content instanceof Uint8Array ? 'INFY.csv.gz' : 'INFY';
    const tape = writeTape(folder, { [name]: content });
    const { code, stdout } = await runCli(['tape', 'check', tape], { env: { DATA_DIR: join(folder, 'data') }, folder });
    assert.equal(code, 1, String(message));
    assert.match(stdout, message);
  }
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'INFY.csv'), 'time;price\n');
  const foreign = await runCli(['tape', 'check', folder], { env: { DATA_DIR: join(folder, 'data') }, folder });
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /is not a tape: expected the first line "timestamp,ltp,volume"/);
  const nothing = await runCli(['tape', 'info', 'none'], { folder });
  assert.equal(nothing.code, 1);
  assert.equal((await runCli(['tape', 'convert', 'one'], { folder })).code, 2);
});
