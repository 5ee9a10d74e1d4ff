// Opens the log that processes share, with each namespace's own user where it has one.
import { logByNamespace } from '#adapters/kafka/by-namespace.ts';
import { openKafkaLog } from '#adapters/kafka/event-log.ts';
import { type KafkaLogSettings } from '#adapters/kafka/settings.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { kafkaOf } from './kafka-connection.ts';

type Options = Pick<KafkaLogSettings, 'origin' | 'appendMsMax'>;

/** Nothing is asked of the brokers before the first use. */
export function openSharedLog(settings: Settings, logger: Logger, options: Options = {}): EventLog {
  const signedIn = settings.brokers.filter(({ access }) => access.kafkaUsername !== '');
  const own = signedIn.map(({ id, access }) => {
    const user = { username: access.kafkaUsername, password: access.kafkaPassword };
    return [id, openKafkaLog({ ...kafkaOf(settings, user), ...options }, logger)] as const;
  });
  const platform = openKafkaLog({ ...kafkaOf(settings), ...options }, logger);
  return logByNamespace({ platform, own: new Map(own) });
}
