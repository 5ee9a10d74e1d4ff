import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BrokerId } from '#core/ids.ts';
import { LogError, type EventLog, type NewMessage } from '#ports/event-log.ts';
import { logByNamespace } from './by-namespace.ts';

const [PAPER, ZERODHA] = ['paper', 'zerodha'] as [BrokerId, BrokerId];

/** What a user was asked; `refuses` says whether it is let in. */
class Asked implements EventLog {
  readonly names: string[] = [];
  refuses = false;

  async append(messages: readonly NewMessage[]): Promise<void> {
    if (this.refuses) throw new LogError('NOT_ALLOWED', 'not allowed');
    this.names.push(...messages.map(({ topic, id }) => `${topic} ${id}`));
  }
  async read(topic: string): Promise<readonly []> {
    this.names.push(`read ${topic}`);
    return [];
  }
  async range(topic: string): Promise<{ topic: string; start: number; end: number }> {
    this.names.push(`range ${topic}`);
    return { topic, start: 0, end: 0 };
  }
  async partitions(topic: string): Promise<number> {
    this.names.push(`partitions ${topic}`);
    return 3;
  }
  async topics(): Promise<readonly []> {
    this.names.push('topics');
    return [];
  }
  async committed(group: string): Promise<undefined> {
    this.names.push(`committed ${group}`);
  }
  async commit(group: string): Promise<void> {
    this.names.push(`commit ${group}`);
  }
  subscribe(topics: readonly string[]): () => void {
    this.names.push(`subscribe ${topics.join(' ')}`);
    return () => void this.names.push(`end ${topics.join(' ')}`);
  }
  async close(): Promise<void> {
    this.names.push('close');
  }
}

function logs() {
  const [platform, paper, zerodha] = [new Asked(), new Asked(), new Asked()];
  const own = new Map<BrokerId, EventLog>([
    [PAPER, paper],
    [ZERODHA, zerodha],
  ]);
  return { platform, paper, zerodha, log: logByNamespace({ platform, own }) };
}

function message(topic: string, id: string): NewMessage {
  return { topic, id, key: 'k', value: '{}' };
}

describe('a log by namespace', () => {
  it('asks each topic of the user of its namespace, and what is nobody’s of the platform', async () => {
    const { platform, paper, zerodha, log } = logs();
    const topics = ['paper.orders.filled', 'zerodha.orders.filled.dlq', 'market.ticks', 'paper_two.orders.filled'];
    await log.append(topics.map((topic) => message(topic, '1')));
    for (const topic of topics) await log.read(topic, 0, 1);
    await log.range('paper.signals.raw');
    assert.equal(await log.partitions?.('zerodha.signals.raw'), 3);
    log.subscribe(topics, () => undefined)();
    await log.commit('group', 'paper.orders.filled', 1);
    await log.close();
    const [mine, other] = ['paper.orders.filled', 'zerodha.orders.filled.dlq'];
    assert.deepEqual(paper.names, [
      `${mine} 1`,
      `read ${mine}`,
      'range paper.signals.raw',
      `subscribe ${mine}`,
      `end ${mine}`,
      'close',
    ]);
    assert.deepEqual(zerodha.names, [
      `${other} 1`,
      `read ${other}`,
      'partitions zerodha.signals.raw',
      `subscribe ${other}`,
      `end ${other}`,
      'close',
    ]);
    assert.ok([...paper.names, ...zerodha.names].every((name) => !/market|paper_two/.test(name)));
    assert.ok(platform.names.includes('commit group') && platform.names.includes('paper_two.orders.filled 1'));
  });

  it('fails when one user is refused, and then repeats only what is not there yet', async () => {
    const { paper, zerodha, log } = logs();
    const messages = [message('paper.orders.filled', '1'), message('zerodha.orders.filled', '2')];
    zerodha.refuses = true;
    for (let tries = 0; tries < 3; tries++) await assert.rejects(log.append(messages), { code: 'NOT_ALLOWED' });
    assert.deepEqual(paper.names, ['paper.orders.filled 1']);
    zerodha.refuses = false;
    await log.append(messages);
    assert.deepEqual([paper.names, zerodha.names], [['paper.orders.filled 1'], ['zerodha.orders.filled 2']]);
    // Afterwards a second message of the same id is one of its own again.
    await log.append(messages);
    assert.equal(paper.names.length, 2);
  });

  it('is the platform’s own where no namespace has a user', () => {
    const platform = new Asked();
    assert.equal(logByNamespace({ platform, own: new Map() }), platform);
  });
});
