// How the settings say that the Kafka servers are reached: where they are, how the way there is encrypted, and who signs in.
import { readFileSync } from 'node:fs';
import { type KafkaConnection } from '#adapters/kafka/settings.ts';
import { type Settings } from './config/settings-schema.ts';

type User = { readonly username: string; readonly password: string };

/** A connection as the platform's own user, or as another one that signs in by the same mechanism. */
export function kafkaOf({ redpanda }: Pick<Settings, 'redpanda'>, user?: User): KafkaConnection {
  const { bootstrapServers, clientId, tls, tlsCaFile, tlsCertFile, tlsKeyFile, saslMechanism } = redpanda;
  const { username, password } = user ?? { username: redpanda.saslUsername, password: redpanda.saslPassword };
  return {
    bootstrapServers,
    clientId,
    ...(tls && {
      tls: {
        ...(tlsCaFile !== undefined && { ca: readFileSync(tlsCaFile) }),
        ...(tlsCertFile !== undefined && { cert: readFileSync(tlsCertFile) }),
        ...(tlsKeyFile !== undefined && { key: readFileSync(tlsKeyFile) }),
      },
    }),
    ...(saslMechanism !== 'none' && { sasl: { mechanism: saslMechanism, username, password } }),
  };
}
