import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { syntheticTape } from '../../../test/e2e/support/synthetic-tape.ts';
import { runCli } from '../../../test/support/cli.ts';
import { temporaryFolder } from '../../../test/support/tape-builder.ts';
import { decodeTickFrame, encodeTickFrame } from '#wire/tick-frame.ts';
import { type Block, JournalFile, readJournal } from './journal-file.ts';

const ENV = { RISK__MAX_TRADES_PER_DAY: '1000', PAPER_TRADING__CHARGES: 'dated' };
const STRATEGY = ['--strategy', 'sma_crossover', '--param', 'fast=5', '--param', 'slow=20'];

interface Made {
  readonly ticks: string;
  readonly path: string;
  readonly cli: (...args: string[]) => ReturnType<typeof runCli>;
}

async function made(t: TestContext, ...flags: readonly string[]): Promise<Made> {
  const folder = temporaryFolder(t);
  const ticks = syntheticTape(t, { rows: 1_500, dirty: true });
  const cli = async (...args: string[]) => runCli(args, { env: { ...ENV, DATA_DIR: join(folder, 'data') }, folder });
  const ran = await cli('backtest', '--ticks', ticks, ...STRATEGY, '--journal', 'run.journal', ...flags);
  assert.equal(ran.code, 0, ran.stderr);
  return { ticks, path: join(folder, 'run.journal'), cli };
}

function blocksOf(path: string): readonly Block[] {
  return [...readJournal(path)];
}

function write(path: string, blocks: readonly Block[]): void {
  const file = new JournalFile(path);
  file.write(blocks);
  file.close();
}

test('a journal has every event of the run as the log has it', async (t) => {
  const { cli, path } = await made(t);
  const { stdout } = await cli('journal', path);
  const types = new Map<string, number>();
  for (const line of stdout.trimEnd().split('\n')) {
    const { type } = JSON.parse(line) as { type: string };
    types.set(type, (types.get(type) ?? 0) + 1);
  }
  const { stdout: shown } = await cli('runs', 'show', 'latest', '--json');
  const { summary } = JSON.parse(shown) as { summary: { orders: number; fills: number } };
  assert.ok(summary.fills > 20);
  assert.equal(types.get('order_submitted'), summary.orders);
  assert.equal(types.get('order_filled'), summary.fills);
  assert.ok((types.get('validated_signal') ?? 0) >= summary.orders && (types.get('pnl_snapshot') ?? 0) > 0);
  const fills = (await cli('journal', path, '--type', 'order_filled')).stdout.trimEnd().split('\n');
  assert.equal(fills.length, summary.fills);
});

test('a journal is what the platform logs of the same tape', async (t) => {
  const folder = temporaryFolder(t);
  const ticks = syntheticTape(t, { rows: 1_500, dirty: true });
  const env = { ...ENV, DATA_DIR: join(folder, 'data'), ACTIVE_BROKERS: 'paper' };
  const cli = async (...args: string[]) => runCli(args, { env, folder });
  const deployment = {
    strategy_id: 'sma_crossover',
    strategy: 'sma_crossover',
    parameters: { fast: 5, slow: 20 },
    instruments: 'all',
  };
  writeFileSync(join(folder, 'deployment.json'), JSON.stringify(deployment));
  for (const args of [
    ['strategies', 'deploy', 'deployment.json'],
    ['start', '--feed', `tape:${ticks}`, '--once', '--speed', 'max'],
    ['backtest', '--ticks', ticks, ...STRATEGY, '--journal', 'run.journal'],
  ]) {
    const { code, stderr } = await cli(...args);
    assert.equal(code, 0, stderr);
  }
  for (const [type, topic] of [
    ['order_submitted', 'paper.orders.submitted'],
    ['order_filled', 'paper.orders.filled'],
    ['trading_signal', 'paper.signals.raw'],
    ['validated_signal', 'paper.signals.validated'],
  ] as const) {
    const ofType = (text: string): readonly string[] =>
      text.split('\n').filter((line) => line.includes(`"type":"${type}"`));
    const [kept, logged] = [
      ofType((await cli('journal', 'run.journal', '--type', type)).stdout),
      ofType((await cli('events', '--topic', topic, '--json')).stdout),
    ];
    assert.ok(kept.length > 10, `${kept.length} of ${type}`);
    assert.deepEqual(kept, logged);
  }
});

test('a journal is taken again to the same events and the same state', async (t) => {
  const { cli, path } = await made(t);
  const { code, stdout } = await cli('journal', path, '--verify', '--json');
  assert.equal(code, 0, stdout);
  const found = JSON.parse(stdout) as { equal: boolean; ticks: number; events: number; state_sha256: string };
  const ending = JSON.parse(Buffer.from(blocksOf(path).at(-1)?.content ?? []).toString()) as object;
  assert.deepEqual(found, { difference: null, equal: true, ...ending });
  assert.ok(found.ticks > 1_000 && found.events > 100);
});

test('another price, a missing event and another state are found, and told', async (t) => {
  const { cli, path } = await made(t);
  const blocks = blocksOf(path);
  const changed = async (change: (block: Block) => Block | undefined): Promise<string> => {
    write(
      path,
      blocks.flatMap((block) => change(block) ?? []),
    );
    const { code, stdout } = await cli('journal', path, '--verify');
    assert.equal(code, 1, stdout);
    return stdout;
  };
  const dearer = await changed((block) => {
    if (block.kind !== 'ticks') return block;
    const tokens: number[] = [];
    const { batch } = decodeTickFrame(block.content, (token) => tokens.push(token) - 1);
    for (let k = 0; k < batch.count; k += 2) batch.price[k] = (batch.price[k] as number) + 500;
    return {
      kind: 'ticks',
      content: encodeTickFrame(batch, 0, batch.count, (index) => ({ token: tokens[index] as number, source: 'x' })),
    };
  });
  assert.match(dearer, /different up to tick \d+: expected \{.*, found \{/);
  assert.match(
    await changed((block) => (block.kind === 'events' ? undefined : block)),
    /expected no more events, found \{"id"/,
  );
  const forged = JSON.stringify({ ticks: 1, events: 1, state_sha256: '0'.repeat(64) });
  assert.match(
    await changed((block) => (block.kind === 'end' ? { kind: 'end', content: Buffer.from(forged) } : block)),
    /different the state: expected 0{64}, found [0-9a-f]{64}/,
  );
});

test('a journal of orders has nothing else, and says that it cannot be taken again', async (t) => {
  const { cli, path } = await made(t, '--journal-of', 'orders');
  const { stdout } = await cli('journal', path);
  const types = new Set(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type),
  );
  assert.deepEqual([...types].toSorted(), ['order_filled', 'order_placed', 'order_submitted']);
  const { code, stderr } = await cli('journal', path, '--verify');
  assert.equal(code, 2);
  assert.match(stderr, /expected a journal of all, found one of orders, which has no ticks to take again/);
});

test('what is cut off, damaged or no journal is told with its place, and what lies before it is read', async (t) => {
  const { cli, path } = await made(t);
  const bytes = readFileSync(path);
  const whole = (await cli('journal', path)).stdout;
  writeFileSync(path, bytes.subarray(0, bytes.length - 200));
  const cut = await cli('journal', path);
  assert.equal(cut.code, 2);
  assert.ok(whole.startsWith(cut.stdout) && cut.stdout.length > whole.length / 2);
  assert.match(cut.stderr, /run\.journal: expected .* bytes? .*found .*; what lies before it was read/);
  const damaged = Buffer.from(bytes);
  damaged[Math.floor(bytes.length / 2)] = (damaged[Math.floor(bytes.length / 2)] as number) ^ 1;
  writeFileSync(path, damaged);
  assert.match(
    (await cli('journal', path, '--verify')).stderr,
    /run\.journal: expected .*, found .*check sum|check sum .* found/,
  );
  writeFileSync(path, 'time,symbol,price\n');
  assert.match(
    (await cli('journal', path)).stderr,
    /expected a block of a journal at byte 0, found something else; hand in/,
  );
  writeFileSync(path, bytes.subarray(0, 0));
  assert.equal((await cli('journal', path)).stdout, '');
  assert.match((await cli('journal', `${path}.not`)).stderr, /cannot be read: ENOENT/);
});

test('a journal that cannot be written stops the run before it begins, and flags that do not go together are refused', async (t) => {
  const { cli, ticks } = await made(t);
  const run = async (...flags: readonly string[]): Promise<string> => {
    const { code, stderr } = await cli('backtest', '--ticks', 'x.csv', ...STRATEGY, ...flags);
    assert.notEqual(code, 0);
    return stderr;
  };
  assert.match(await run('--journal-of', 'orders'), /give --journal FILE, too/);
  assert.match(await run('--journal', 'a', '--journal-of', 'fills'), /--journal-of.*all.*orders/);
  assert.match(await run('--sweep', '--journal', 'a'), /--journal is of one run/);
  assert.match(await run('--check-lookahead', '--journal', 'a'), /--journal is of one run/);
  assert.match(await run('--sweep', '--journal-of', 'orders'), /give --journal FILE, too/);
  assert.match(await run('--journal', 'no/such/folder/a'), /no tape at/, 'the tape comes first');
  assert.match(
    (await cli('backtest', '--ticks', ticks, ...STRATEGY, '--journal', 'no/such/folder/a')).stderr,
    /the journal .*no\/such\/folder\/a cannot be written: ENOENT/,
  );
});
