// Lets the gate of every namespace try itself once a day, before the market opens. A gate that does not answer is told to
// whoever watches, and takes a broker with real orders out.
import { type AlertRaised } from '#core/events.ts';
import { knownTrace, type EventId } from '#core/ids.ts';
import { selfTest } from '#core/risk/self-test.ts';
import { dayOf, formatDay, type DayNumber, type EpochMs } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Namespace } from '#engine/namespace.ts';
import { type Logger } from '#ports/telemetry.ts';
import { encodeEvent } from '#wire/encode.ts';

const WHO = 'self_test';
/** The code of a test that every control passed: no trouble, but proof that it took place. */
export const PASSED = 'RISK_SELF_TEST_PASSED';

export class SelfTestWatch {
  readonly #logger: Logger;
  readonly #now: () => EpochMs;
  #day: DayNumber | undefined;

  constructor(logger: Logger, now: () => EpochMs) {
    this.#logger = logger;
    this.#now = now;
  }

  /** Tries every gate when a day has begun; true when that left something to commit. */
  settle(ingest: Ingest): boolean {
    const day = dayOf(this.#now());
    // Before the first input there is no time that an event could have.
    if (day === this.#day || ingest.cascade.at === 0) return false;
    this.#day = day;
    const told = ingest.cascade.namespaces().map((namespace) => this.#try(namespace, ingest, formatDay(day)));
    return told.includes(true);
  }

  #try({ plan }: Namespace, ingest: Ingest, day: string): boolean {
    const { broker, answeredBy } = plan;
    const results = selfTest(plan);
    const count = (result: string): number => results.filter((each) => each.result === result).length;
    const silent = results.filter(({ result }) => result === 'silent').map(({ control: name }) => name);
    const message = `${count('fired')} controls fired, ${count('off')} are off, ${silent.join(', ') || 'none'} kept silent`;
    const line = `Self-test of the risk gate of ${broker}: ${message}`;
    if (silent.length > 0) this.#logger.critical(line, { broker });
    else this.#logger.info(line, { broker });
    // What only simulates leaves no trace of a good test in its topics: a start writes nothing there.
    if (answeredBy === 'simulated' && silent.length === 0) return false;
    const { at } = ingest.cascade;
    const id = `${WHO}:${broker}:${day}` as EventId;
    const code = silent.length > 0 ? 'RISK_SELF_TEST' : PASSED;
    const about = { broker, trace: knownTrace(id), at, code, subject: broker, message };
    const event: AlertRaised = { type: 'alert_raised', ...about };
    const { topic, key, value } = encodeEvent(event, WHO);
    ingest.message({ topic, value, offsetId: id }, event, key, at);
    if (silent.length > 0 && answeredBy === 'gateway') {
      const why = `these controls of the gate did not fire: ${silent.join(', ')}`;
      control(ingest, { broker, action: 'disarmed', subject: broker, who: WHO, why, at, id: `${id}:disarmed` });
    }
    return true;
  }
}
