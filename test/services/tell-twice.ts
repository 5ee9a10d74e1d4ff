// What a producer does that tries again too often, and a network that brings late what was sent early: everything that a
// deployment has published stands in the log once more, in another order.
import { openKafkaLog } from '#adapters/kafka/event-log.ts';
import { draw } from '#core/random.ts';
import { type LogMessage } from '#ports/event-log.ts';
import { parseTopic } from '#wire/topics.ts';
import { type Deployment } from './deployment.ts';

/** Copies bear the name of whoever published the first; those of signals come from a stranger besides. */
export async function tellTwice(deployment: Deployment, servers: readonly string[], seed: number): Promise<void> {
  const topics = (await deployment.log.topics()).map(({ topic }) => topic);
  const found: LogMessage[] = [];
  for (const topic of new Set(topics)) {
    if (parseTopic(topic)?.deadLetters === false) found.push(...(await deployment.published(topic)));
  }
  shuffle(found, seed);
  const byProducer = Map.groupBy(found, ({ producer }) => producer ?? '');
  for (const [producer, messages] of byProducer) {
    const log = openKafkaLog({ bootstrapServers: servers, clientId: 'copier', origin: producer });
    try {
      const copies = messages.map(({ topic, key, id, value, seal }) => ({ topic, key, id, value, seal }));
      await log.append(
        copies.map(({ seal, ...copy }) => ({ ...copy, own: true, ...(seal !== undefined && { seal }) })),
      );
      const signals = copies.filter(({ topic }) => topic.endsWith('.signals.raw'));
      await log.append(signals.map(({ topic, key, id, value }) => ({ topic, key, id, value })));
    } finally {
      await log.close();
    }
  }
}

function shuffle(messages: LogMessage[], seed: number): void {
  for (let last = messages.length - 1; last > 0; last--) {
    const other = draw(seed, 'shuffle', last) % (last + 1);
    [messages[last], messages[other]] = [messages[other] as LogMessage, messages[last] as LogMessage];
  }
}
