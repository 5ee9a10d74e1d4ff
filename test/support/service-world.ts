// What the tests of services share: a log in memory that can be told to fail, a clock that is moved by hand, and messages
// of every broker to handle.
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { memoryKeyValue } from '#adapters/memory/memory-key-value.ts';
import { type BrokerId } from '#core/ids.ts';
import { StreamServiceBuilder, type ServiceSettings } from '#engine/stream-service.ts';
import { type EventLog, type LogMessage, type NewMessage } from '#ports/event-log.ts';
import { type LogFields, type Logger, type LogLevel } from '#ports/telemetry.ts';
import { type Envelope } from '#wire/envelope.ts';
import { BROKERS, OPEN } from './builders.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

type Failing = 'append' | 'commit' | 'read';

/** A log, a clock and a logger, and a builder of services on them. */
export class ServiceWorld {
  readonly clock = new VirtualClock(OPEN);
  readonly lines: LogLine[] = [];
  readonly log: EventLog;
  readonly settings: ServiceSettings;
  /** How many wait to hear of new messages. */
  subscriptions = 0;
  readonly #memory = openMemoryLog();
  /** Fails a call of the log while it returns an error. */
  readonly failures: Partial<Record<Failing, (topic: string) => Error | undefined>> = {};

  constructor(brokers: readonly BrokerId[] = BROKERS) {
    this.log = this.#failingLog();
    const logger = recordingLogger(this.lines, {});
    const keyValue = memoryKeyValue();
    this.settings = {
      brokers,
      groupIdPrefix: 'alpha-panda',
      log: this.log,
      clock: this.clock,
      logger,
      keyValue,
      // The longest pause of each kind, so that a test can say when.
      random: () => 1 - 2 ** -53,
    };
  }

  builder(name = 'listener'): StreamServiceBuilder {
    return new StreamServiceBuilder(name, this.settings);
  }

  /** Lets everything go on that can go on without time passing. */
  settle(): Promise<void> {
    return this.clock.settle();
  }

  /** The messages of a topic. */
  read(topic: string): Promise<readonly LogMessage[]> {
    return this.#memory.read(topic, 0, 10_000);
  }

  /** The envelopes of a topic. */
  async envelopes(topic: string): Promise<readonly Envelope<Readonly<Record<string, unknown>>>[]> {
    return (await this.read(topic)).map(({ value }) => JSON.parse(value));
  }

  /** Puts a message on its topic as a stranger would, past the failures. */
  put(...messages: readonly NewMessage[]): Promise<void> {
    return this.#memory.append(messages);
  }

  /** The topics that hold anything, by name. */
  async written(): Promise<readonly string[]> {
    return (await this.#memory.topics()).map(({ topic }) => topic);
  }

  linesOf(level: LogLevel): readonly LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  #failingLog(): EventLog {
    const memory = this.#memory;
    const check = (call: Failing, topic: string): void => {
      const error = this.failures[call]?.(topic);
      if (error !== undefined) throw error;
    };
    return {
      async append(messages) {
        for (const { topic } of messages) check('append', topic);
        return memory.append(messages);
      },
      async read(topic, ...from) {
        check('read', topic);
        return memory.read(topic, ...from);
      },
      async commit(group, topic, ...position) {
        check('commit', topic);
        return memory.commit(group, topic, ...position);
      },
      range: (topic) => memory.range(topic),
      topics: () => memory.topics(),
      committed: (group, topic) => memory.committed(group, topic),
      subscribe: (topics, wake) => {
        this.subscriptions++;
        const unsubscribe = memory.subscribe(topics, wake);
        return () => {
          this.subscriptions--;
          unsubscribe();
        };
      },
      close: () => memory.close(),
    };
  }
}

function recordingLogger(lines: LogLine[], bindings: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields: { ...bindings, ...fields } });
  return {
    debug: at('DEBUG'),
    info: at('INFO'),
    warning: at('WARNING'),
    error: at('ERROR'),
    critical: at('CRITICAL'),
    child: (more) => recordingLogger(lines, { ...bindings, ...more }),
  };
}

interface Given {
  readonly id?: string;
  readonly quantity?: number;
}

/** A signal on the raw topic of a broker, as a strategy writes it. */
export function signalMessage(broker: string, { id = 'signal-1', quantity = 1 }: Given = {}): NewMessage {
  const data = { strategy_id: 'momentum', instrument_token: 738_561, signal_type: 'BUY', quantity };
  return message(`${broker}.signals.raw`, { id, type: 'trading_signal', broker, key: 'momentum:738561', data });
}

/** A deposit on the ledger topic of a broker. */
export function depositMessage(broker: string, { id = 'deposit-1' }: Given = {}): NewMessage {
  const timestamp = '2021-06-11T03:45:00.000Z';
  const data = { strategy_id: 'momentum', amount: '100.00', kind: 'deposit', who: 'asha', why: 'savings', timestamp };
  return message(`${broker}.pnl.snapshots`, { id, type: 'ledger_adjusted', broker, key: 'momentum', data });
}

/** A tick on the topic that all brokers share. */
export function tickMessage(sequence: number): NewMessage {
  const timestamp = '2021-06-11T03:45:01.000Z';
  const data = { instrument_token: 738_561, last_price: '2190.50', timestamp, mode: 'ltp' };
  return message('market.ticks', {
    id: `tape:${sequence}`,
    type: 'market_tick',
    broker: 'market',
    key: '738561',
    data,
  });
}

function message(
  topic: string,
  about: { id: string; type: string; broker: string; key: string; data: Readonly<Record<string, unknown>> },
): NewMessage {
  const root = 'root-1';
  const envelope: Envelope = {
    ...about,
    version: 1,
    source: 'test',
    ts: '2021-06-11T03:45:01.000Z',
    correlation_id: root,
    causation_id: root,
    trace_id: root,
    parent_trace_id: root,
  };
  return { topic, key: about.key, id: about.id, value: JSON.stringify(envelope) };
}
