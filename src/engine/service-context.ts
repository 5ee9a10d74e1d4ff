// What a handler is given besides its message: the means that its service was built with, each refused in words when it
// was not asked for, and none that reaches past the active brokers.
import { isBrokerId, type BrokerId } from '#core/ids.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type KeyValue } from '#ports/key-value.ts';
import { type Logger } from '#ports/telemetry.ts';
import { keyOf, type Key } from '#wire/keys.ts';
import { ServiceError } from './service-error.ts';
import { knownTopic, type Producer } from './service-producer.ts';
import { type ServiceContext, type ServiceKeyValue, type ServiceStore } from './stream-service.ts';

/** The means of a service; undefined for each that it was built without. */
export interface Means {
  readonly service: string;
  readonly producer: Producer | undefined;
  readonly keyValue: ServiceKeyValue | undefined;
  readonly store: ServiceStore | undefined;
}

export class HandlerContext implements ServiceContext {
  readonly broker: BrokerId | undefined;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly #means: Means;

  constructor(about: Pick<ServiceContext, 'broker' | 'attempt' | 'signal' | 'logger'>, means: Means) {
    this.broker = about.broker;
    this.attempt = about.attempt;
    this.signal = about.signal;
    this.logger = about.logger;
    this.#means = means;
  }

  get producer(): Producer {
    return this.#means.producer ?? refuse('PRODUCER_NOT_ADDED', this.#means.service, 'addProducer()');
  }

  get keyValue(): ServiceKeyValue {
    return this.#means.keyValue ?? refuse('KEY_VALUE_NOT_ADDED', this.#means.service, 'withRedis()');
  }

  get store(): ServiceStore {
    return this.#means.store ?? refuse('STORE_NOT_ADDED', this.#means.service, 'withStore()');
  }
}

function refuse(
  code: 'PRODUCER_NOT_ADDED' | 'KEY_VALUE_NOT_ADDED' | 'STORE_NOT_ADDED',
  service: string,
  call: string,
): never {
  const used = { PRODUCER_NOT_ADDED: 'producer', KEY_VALUE_NOT_ADDED: 'keyValue', STORE_NOT_ADDED: 'store' }[code];
  throw new ServiceError(
    code,
    `the service ${service} uses ${used} and was built without it; add .${call} before .build()`,
  );
}

/** Values of one service: two services, and two brokers, never share one. */
export function serviceKeyValue(keyValue: KeyValue, service: string, brokers: readonly BrokerId[]): ServiceKeyValue {
  const key = (broker: BrokerId, name: string): Key => {
    if (isBrokerId(broker) && brokers.includes(broker)) return keyOf(broker, 'service', service, name);
    const active = brokers.join(', ');
    throw new ServiceError(
      'UNKNOWN_BROKER',
      `a value belongs to an active broker (${active}), found ${JSON.stringify(broker)}`,
    );
  };
  return {
    get: async (broker, name) => keyValue.get(key(broker, name)),
    set: async (broker, name, value) => keyValue.set(key(broker, name), value),
    delete: async (broker, name) => keyValue.delete(key(broker, name)),
  };
}

/** The log of the active brokers, to read. */
export function serviceStore(log: EventLog, brokers: readonly BrokerId[]): ServiceStore {
  return {
    async read(topic, ...from) {
      knownTopic(topic, brokers);
      return log.read(topic, ...from);
    },
    async range(topic, ...of) {
      knownTopic(topic, brokers);
      return log.range(topic, ...of);
    },
  };
}
