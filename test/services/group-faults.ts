// Members of one group that come and go while the brokers of the log restart: what was sent is handled, by one of them, in
// the order of its key, and again only where the end of the first time could not be written down.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { openKafkaLog } from '#adapters/kafka/event-log.ts';
import { type BrokerId } from '#core/ids.ts';
import { draw } from '#core/random.ts';
import { StreamServiceBuilder, type ServiceSettings, type StreamService } from '#engine/stream-service.ts';
import { type EventLog } from '#ports/event-log.ts';
import { depositMessage, ServiceWorld } from '../support/service-world.ts';
import { type FaultServers } from './server-faults.ts';

const PARTITIONS = 6;
const KEYS = 12;
const COUNT = 600;
/** What a handler takes, so that a rebalance finds it at work. */
const HANDLING_MS = 3;
const WITHIN_MS = 90_000;

/** Throws what does not hold. `share` decides when in the run it happens, and how the brokers end. */
export async function runRebalanceFault({ broker, where }: FaultServers, share: number): Promise<void> {
  const name = `b${randomBytes(4).toString('hex')}` as BrokerId;
  const topic = `${name}.pnl.snapshots`;
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...where.kafka], retryDelay: 100 });
  await admin.createTopics({ topics: [topic, `${topic}.dlq`], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const group = new Group(where.kafka, name, topic);
  try {
    await group.enter();
    await group.enter();
    const sending = group.send(COUNT);
    while (group.handled.length < share * COUNT * 0.8) await sleep(5);
    // One comes and one goes while the brokers are away.
    const moving = Promise.allSettled([group.enter(), group.leaveFirst()]);
    await broker.halt(draw(Math.floor(share * 1_000), 'halt', 0) % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await broker.start();
    await moving;
    await sending;
    const ids = (): ReadonlySet<string> => new Set(group.handled);
    const deadline = performance.now() + WITHIN_MS;
    while (ids().size < COUNT && performance.now() < deadline) await sleep(20);
    assert.equal(ids().size, COUNT, 'everything was handled');
    for (let key = 0; key < KEYS; key++) {
      const first = [...ids()].map(Number).filter((number) => number % KEYS === key);
      assert.deepEqual(
        first,
        first.toSorted((a, b) => a - b),
        `strategy-${key} in order`,
      );
    }
  } finally {
    await group.close();
  }
}

class Group {
  readonly #servers: readonly string[];
  readonly #name: BrokerId;
  readonly #topic: string;
  readonly #writer: EventLog;
  readonly #members: { readonly service: StreamService; readonly log: EventLog }[] = [];
  readonly handled: string[] = [];

  constructor(servers: readonly string[], name: BrokerId, topic: string) {
    this.#servers = servers;
    this.#name = name;
    this.#topic = topic;
    this.#writer = this.#open();
  }

  /** A start that finds the brokers away fails, and whoever supervises it starts it again. */
  async enter(): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      const log = this.#open();
      const service = this.#build(log);
      try {
        await service.start();
        this.#members.push({ service, log });
        return;
      } catch (error) {
        await log.close();
        if (performance.now() > deadline) throw error;
        await sleep(200);
      }
    }
  }

  async leaveFirst(): Promise<void> {
    const first = this.#members.shift();
    await first?.service.stop();
    await first?.log.close();
  }

  async send(count: number): Promise<void> {
    for (let from = 0; from < count; from += KEYS) {
      const messages = Array.from({ length: KEYS }, (_, key) => {
        return { ...depositMessage(this.#name, { id: `${from + key}` }), key: `strategy-${key}` };
      });
      await this.#writer.append(messages);
      await sleep(5);
    }
  }

  async close(): Promise<void> {
    for (const { service, log } of this.#members) {
      await service.stop();
      await log.close();
    }
    await this.#writer.close();
  }

  #build(log: EventLog): StreamService {
    const { logger } = new ServiceWorld().settings;
    const name = this.#name;
    const settings: ServiceSettings = { brokers: [name], groupIdPrefix: name, log, clock: systemClock(), logger };
    const handler = async ({ id }: { readonly id: string }): Promise<void> => {
      await sleep(HANDLING_MS);
      this.handled.push(id);
    };
    const consumer = { topics: [this.#topic], groupId: `${name}.listener.all`, handler };
    return new StreamServiceBuilder('listener', settings).withErrorHandling().addConsumerHandler(consumer).build();
  }

  #open(): EventLog {
    return openKafkaLog({ bootstrapServers: this.#servers, clientId: 'test' });
  }
}
