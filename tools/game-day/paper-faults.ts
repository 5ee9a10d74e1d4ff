// Faults of a platform that trades on paper on the simulated market: what people, strategies and strangers do to it.
import { mkdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { type NewMessage } from '#ports/event-log.ts';
import { type Place } from '../../test/e2e/support/place.ts';
import { signalMessage } from '../../test/e2e/support/signals.ts';
import { userStrategies } from '../../test/e2e/support/user-strategies.ts';
import { type Env } from '../../test/e2e/support/processes.ts';
import { type Fault } from './drill.ts';
import { waitFor, type Stage } from './stage.ts';

/** Another namespace of the same kind, for faults that end one. */
const SECOND = 'paper_two';

export const PAPER: Env = {
  ACTIVE_BROKERS: `paper,${SECOND}`,
  BROKERS__PAPER_TWO__KIND: 'paper',
  FEED__TICKS_PER_SECOND: '2',
};

/** A strategy that fails when it is told to; to be there before the start. */
export function layStrategy(place: Place): Env {
  mkdirSync(place.folder, { recursive: true });
  const fails = `if ((globalThis as { gameDay?: { throws: boolean } }).gameDay?.throws) throw new Error('game day');`;
  const trades = `if (state.ticks % 20 === 0) return { side: 'BUY', quantity: 1 };`;
  return { STRATEGIES_DIR: userStrategies(place.folder, { faulty: `${fails}\n${trades}` }) };
}

export async function paperFaults(stage: Stage): Promise<readonly Fault[]> {
  const { place } = stage;
  await waitFor('ticks of every instrument', () => place.ticks() > 200);
  const put = (...messages: readonly NewMessage[]) => place.put(...messages);
  return [
    {
      name: 'an entry of the audit trail is changed in its file',
      expects: [{ code: 'AUDIT_BROKEN' }],
      inject: () => changeTrail(place),
    },
    {
      name: 'a service writes what cannot be read',
      expects: [{ code: 'DEAD_LETTERS', subject: 'paper.signals.raw' }],
      inject: () => put({ topic: 'paper.signals.raw', id: undefined, key: '', value: '{"broken' }),
    },
    {
      name: 'a signal asks for more than a limit allows',
      expects: [{ code: 'SIGNAL_REJECTED', subject: 'greedy' }],
      inject: () => put(signalMessage('paper', { id: 'greedy' }, { strategy_id: 'greedy', quantity: 900_000 })),
    },
    {
      name: 'a signal comes after its time',
      expects: [{ code: 'SIGNAL_STALE', subject: 'late' }],
      inject: () => {
        const past = { strategy_id: 'late', expires_at: '2020-01-01T00:00:00.000Z' };
        put(signalMessage('paper', { id: 'late' }, past));
      },
    },
    {
      name: 'a strategy throws',
      expects: [{ code: 'STRATEGY_QUARANTINED', subject: 'faulty' }],
      inject: () => stage.pull({ throws: true }),
      mend: () => stage.pull({ throws: false }),
    },
    {
      name: 'a book loses more in a day than it may',
      expects: [{ code: 'LOSS_LIMIT' }],
      inject: async () => {
        await stage.run('limits', 'set', 'max_day_loss', '0.01', '--broker', 'paper', '--why', 'game day');
      },
    },
    {
      name: 'somebody guesses the secret of a webhook',
      expects: [{ code: 'ACCESS_REFUSED' }],
      inject: async () => forge(stage),
    },
    {
      name: 'a message of one namespace comes in under another',
      expects: [{ code: 'TRADING_HALTED', subject: SECOND }],
      inject: () => put({ ...signalMessage('paper'), topic: `${SECOND}.signals.raw` }),
    },
    {
      name: 'a person pulls the kill switch',
      expects: [{ code: 'TRADING_HALTED' }],
      inject: async () => stage.run('kill', 'paper', '--why', 'game day'),
    },
    {
      name: 'one channel of alerts fails while another alert is on its way',
      expects: [{ code: 'CHANNEL_FAILED', subject: 'telegram' }],
      inject: () => {
        stage.receiver.telegramWorks = false;
        put({ topic: `paper.orders.lost`, id: undefined, key: '', value: '{}' });
      },
      mend: () => (stage.receiver.telegramWorks = true),
    },
  ];
}

/** As who can write the file does it, past the triggers that refuse it. */
function changeTrail({ dataDir }: Place): void {
  const database = new DatabaseSync(join(dataDir, 'audit.sqlite'));
  const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER "${String(name)}"`);
  database.exec(`UPDATE entries SET body = '{"who":"nobody"}' WHERE seq = 1`);
  database.close();
}

async function forge({ watched: { api } }: Stage): Promise<void> {
  for (let k = 0; k < 12; k++) {
    const headers = {
      'content-type': 'application/json',
      'x-alpha-panda-timestamp': `${Math.floor(Date.now() / 1_000)}`,
      'x-alpha-panda-signature': `v1=${'0'.repeat(63)}${k.toString(16)}`,
    };
    const body = JSON.stringify({ id: `${k}`, instrument: 'INFY', side: 'BUY', quantity: 1 });
    const { status } = await fetch(`${api}/api/v1/webhooks/guessed`, { method: 'POST', headers, body });
    if (status !== 401 && status !== 429) throw new Error(`expected a forged webhook to be refused, found ${status}`);
  }
}
