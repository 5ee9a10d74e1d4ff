import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { runCli, smallData } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

/** What waits in the inbox, in short. */
function waiting(directory: string): string[] {
  const inbox = openInbox(directory);
  const messages = inbox.after(0, 100).slice(1);
  inbox.close();
  return messages.map(({ topic, value }) => {
    const {
      action,
      subject,
      who,
      why,
      limit_name: name,
      limit_value: limit,
    } = (JSON.parse(value) as { data: Record<string, string> }).data;
    return [topic.split('.')[0], action, subject, who, why, name, limit].filter((word) => word !== undefined).join(' ');
  });
}

/** The next start of the platform, for a few ticks; the states of paper's scopes that are asked for. */
function startAgain(directory: string, from: number, ...subjects: readonly string[]): readonly string[] {
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  const market = new SmallMarket(store, inbox);
  market.run(from, from + 1);
  const [paper] = market.ingest.cascade.namespaces();
  inbox.close();
  store.close();
  return subjects.map((subject) => paper?.risk.stateOf(subject) ?? 'none');
}

test('kill halts every broker by one message each, and release with a reason lets them go on', async (t) => {
  const directory = smallData(t);
  const killed = await runCli(['kill', '--data-dir', directory]);
  assert.deepEqual(killed, { code: 0, stdout: 'kill is requested for paper, zerodha\n', stderr: '' });
  assert.deepEqual(waiting(directory), [
    'paper killed global asha kill ordered',
    'zerodha killed global asha kill ordered',
  ]);
  assert.deepEqual(startAgain(directory, 70, 'global', 'paper'), ['halted', 'active']);
  const silent = await runCli(['release', '--data-dir', directory]);
  assert.deepEqual([silent.code, silent.stderr.split('\n')[0]], [2, 'alpha-panda release: --why is needed']);
  assert.equal((await runCli(['release', '--why', 'checked', '--data-dir', directory])).code, 0);
  assert.deepEqual(startAgain(directory, 71, 'global'), ['active']);
  assert.equal((await runCli(['verify', '--data-dir', directory])).code, 0);
});

test('kill with flatten also asks for the end of the positions; a scope can be a strategy or an instrument', async (t) => {
  const directory = smallData(t);
  const rest = ['--who', 'desk', '--why', 'news', '--data-dir', directory];
  const flat = await runCli(['kill', 'paper', '--flatten', ...rest]);
  assert.equal(flat.stdout, 'kill with flatten is requested for paper\n');
  await runCli(['kill', 'paper', '--strategy', 'demo', ...rest]);
  await runCli(['kill', 'paper', '--instrument', 'INFY', ...rest]);
  await runCli(['kill', 'paper', '--instrument', '7', ...rest]);
  const found = waiting(directory).map((line) => line.split(' ').slice(1, 3).join(' '));
  const [, , , infy] = found;
  assert.match(infy ?? '', /^killed instrument:\d+$/);
  assert.deepEqual(found.toSpliced(3, 1), [
    'killed paper',
    'flatten paper',
    'killed strategy:demo',
    'killed instrument:7',
  ]);
});

test('what names no broker, two scopes or no instrument is refused with 2, and nothing is asked for', async (t) => {
  const directory = smallData(t);
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await runCli([...args, '--data-dir', directory]);
    assert.equal(code, 2, args.join(' '));
    return stderr;
  };
  assert.match(await refusal('kill', 'papr'), /expected an active broker, one of paper, zerodha; found "papr"/);
  assert.match(await refusal('kill', '--strategy', 'a', '--instrument', '1'), /--strategy or --instrument, found both/);
  assert.match(await refusal('kill', '--instrument', 'NOBODY'), /a token or a symbol of config\/instruments/);
  assert.match(await refusal('arm', 'paper'), /--why is needed/);
  assert.match(await refusal('arm', 'papr', '--why', 'x'), /expected an active broker/);
  assert.deepEqual(waiting(directory), []);
});

test('disarm takes a broker out, and arm with a reason brings it back', async (t) => {
  const directory = smallData(t);
  assert.equal((await runCli(['disarm', 'paper', '--data-dir', directory])).stdout, 'disarm is requested for paper\n');
  assert.deepEqual(startAgain(directory, 70, 'paper'), ['disarmed']);
  const armed = await runCli(['arm', 'paper', '--why', 'all is well', '--data-dir', directory]);
  assert.equal(armed.stdout, 'arm is requested for paper\n');
  assert.deepEqual(startAgain(directory, 71, 'paper'), ['active']);
});

test('limits set asks for another limit, and limits show what is in force once it is taken up', async (t) => {
  const directory = smallData(t);
  const rest = ['--data-dir', directory];
  const set = await runCli(['limits', 'set', 'max_order_value', '500.5', '--why', 'careful', ...rest]);
  assert.equal(set.stdout, 'max_order_value of 500.5 is requested for paper, zerodha\n');
  const one = ['--broker', 'paper', '--strategy', 'demo', '--why', 'new'];
  assert.equal((await runCli(['limits', 'set', 'max_order_quantity', '7', ...one, ...rest])).code, 0);
  startAgain(directory, 70);
  const shown = async (...args: readonly string[]): Promise<Record<string, string>> => {
    const { stdout } = await runCli(['limits', 'show', '--json', '--broker', 'paper', ...args, ...rest]);
    const lines = JSON.parse(stdout) as readonly { limit: string; value: string }[];
    return Object.fromEntries(lines.map(({ limit, value }) => [limit, value]));
  };
  const [all, demo] = [await shown(), await shown('--strategy', 'demo')];
  assert.deepEqual([all['max_order_value'], all['max_order_quantity']], ['500.50', '1000']);
  assert.deepEqual([demo['max_order_value'], demo['max_order_quantity']], ['500.50', '7']);
  assert.match(
    (await runCli(['limits', 'show', ...rest])).stdout,
    /^broker +limit +value +of\npaper +max_position_units/,
  );
});

test('a limit that is unknown, negative, of the account for one strategy, or without a reason is refused', async (t) => {
  const directory = smallData(t);
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await runCli(['limits', '--data-dir', directory, ...args]);
    assert.equal(code, 2, args.join(' '));
    return stderr;
  };
  const why = ['--why', 'x'];
  assert.match(await refusal('set', 'max_fun', '1', ...why), /expected a limit, one of max_position_units/);
  assert.match(await refusal('set', ...why, '--', 'max_order_value', '-1'), /rupees .* of at least 0, found "-1"/);
  assert.match(
    await refusal('set', 'max_orders_per_second', '1', '--strategy', 'demo', ...why),
    /of the whole account/,
  );
  assert.match(await refusal('set', 'max_order_value', '1'), /--why is needed/);
  assert.match(await refusal('set', 'max_order_value'), /expected NAME and VALUE behind set/);
  assert.match(await refusal('show', 'max_order_value'), /one argument too many/);
  assert.match(await refusal('show', '--broker', 'papr'), /expected an active broker/);
  assert.deepEqual(waiting(directory), []);
});

test('what a stranger wrote on the topic of controls hides no limit', async (t) => {
  const directory = smallData(t);
  const rest = ['--data-dir', directory];
  await runCli(['limits', 'set', 'max_order_value', '500.5', '--why', 'careful', ...rest]);
  const inbox = openInbox(directory);
  inbox.put([{ topic: 'paper.control.changes', key: 'x', id: 'strange', value: 'no JSON at all' }]);
  inbox.close();
  startAgain(directory, 70);
  const { code, stdout, stderr } = await runCli(['limits', 'show', '--broker', 'paper', ...rest]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /max_order_value +500\.50/);
});

test('the limits of a deployment file are checked, and show for its strategy', async (t) => {
  const directory = smallData(t);
  const folder = join(directory, 'deployments');
  mkdirSync(folder);
  const deployed = (limits: Record<string, string | number>): void =>
    writeFileSync(
      join(folder, 'careful.json'),
      JSON.stringify({ strategy_id: 'careful', strategy: 'momentum', limits }),
    );
  const show = () => runCli(['limits', 'show', '--strategy', 'careful', '--broker', 'paper', '--data-dir', directory]);
  deployed({ max_order_quantity: 3, max_day_loss: '250.5' });
  assert.match((await show()).stdout, /max_order_quantity +3 +book\n[^]*max_day_loss +250\.50 +book/);
  for (const [limits, trouble] of [
    [{ max_order_quantity: -3 }, /limits: expected max_order_quantity to be a whole number of at least 0, found "-3"/],
    [{ max_fun: 1 }, /limits: expected a limit, one of/],
    [{ max_orders_per_second: 1 }, /limits: .* of the whole account/],
  ] as const) {
    deployed(limits);
    const { code, stderr } = await show();
    assert.equal(code, 2);
    assert.match(stderr, trouble);
  }
});

test('before the first start there is nothing to change, and the limits of the settings are shown', async (t) => {
  const directory = join(smallData(t), 'nowhere');
  assert.match((await runCli(['limits', 'show', '--data-dir', directory])).stdout, /max_order_value +1000000\.00/);
});
