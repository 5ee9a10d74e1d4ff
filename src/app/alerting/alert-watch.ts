// Watches a running platform and tells of its troubles: now and then it looks, and what is committed it is told. It stands
// beside the pipeline; nothing that fails here may end or hold up trading.
import { AlertBook, type Alert, type Notice, type Observation } from '#core/alerts/alert-book.ts';
import { anchorOf, kindOf } from '#core/alerts/catalogue.ts';
import { MINUTE_MS, SECOND_MS, type DayNumber, type EpochMs } from '#core/time.ts';
import { type Committed } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { parseTopic } from '#wire/topics.ts';
import { type Settings } from '../config/settings-schema.ts';
import { putAside, readAlerts, takeAcknowledgements, writeAlerts } from './alert-file.ts';
import { type Deliveries } from './channels.ts';
import { conditionsIn, LOOKED_AT, type Seen } from './conditions.ts';
import { DaySummaries } from './day-summary.ts';
import { EventAlerts } from './event-alerts.ts';
import { type Machine } from './machine.ts';
import { Refusals, REFUSALS_MAX } from './refusals.ts';

export interface AlertWatchOptions {
  readonly monitoring: Settings['monitoring'];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the alerts are kept. */
  readonly folder: string;
  readonly machine: Pick<Machine, 'look'>;
  readonly store: Pick<StoreReader, 'topics'>;
  /** What the health checks find at this moment. */
  readonly checks: () => Promise<Seen['checks']>;
  readonly lags: () => Promise<Seen['lags']>;
  readonly stages: () => Seen['stages'];
  readonly deliveries: Pick<Deliveries, 'tell' | 'summarise' | 'troubles'>;
  /** Subscriptions to which nothing is sent any more; none when it is not said. */
  readonly dead?: (() => Seen['dead']) | undefined;
  /** Whether the last session of a day is over. */
  readonly isOver: (day: DayNumber) => boolean;
  readonly hasGateway: (broker: string) => boolean;
  /** The market's time when its times are those of this clock and it is open; undefined when nothing can be late. */
  readonly marketAt: () => EpochMs | undefined;
}

const LOOK_EVERY_MS = 2 * SECOND_MS;
const KEEP = 1_000;
const REPEAT_MS = 5 * MINUTE_MS;
const ESCALATE_MS = [5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS] as const;
/** A turn of the loop takes less. */
const BLOCKED_MS_MAX = SECOND_MS;
/** The wall clock may part so far from the one that never goes back between two looks. */
const JUMP_MS_MAX = SECOND_MS;

export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #book: AlertBook;
  readonly #events: EventAlerts;
  readonly #days = new DaySummaries();
  readonly #refusals = new Refusals();
  /** What ended between two looks. */
  #ended: Notice[] = [];
  #holding: readonly Observation[];
  #lateMs: number | undefined;
  #letters: ReadonlyMap<string, number>;
  #clocks: { readonly wall: number; readonly steady: number };
  #failed: string | undefined;
  /** The machine could not be looked at the last time. */
  #isBlind = false;

  constructor(options: AlertWatchOptions) {
    const { clock, monitoring, folder, hasGateway } = options;
    this.#options = options;
    const quietUntil = (clock.now() + monitoring.startupGracePeriodSeconds * SECOND_MS) as EpochMs;
    const terms = { quietUntil, repeatMs: REPEAT_MS, escalateMs: ESCALATE_MS, keep: KEEP };
    const kept = this.#readKept(folder);
    this.#book = new AlertBook(terms, kept);
    this.#holding = kept.filter(({ code, state }) => LOOKED_AT.has(code) && state !== 'resolved');
    this.#events = new EventAlerts({ book: this.#book, told: (notices) => this.#ended.push(...notices), hasGateway });
    this.#letters = this.#countLetters();
    this.#clocks = this.#readClocks();
  }

  /** What cannot be read is put aside: it may keep nobody from trading. */
  #readKept(folder: string): readonly Alert[] {
    try {
      return readAlerts(folder);
    } catch (error) {
      this.#options.logger.error('The alerts of earlier starts cannot be read and are put aside', { error });
      putAside(folder);
      return [];
    }
  }

  /** Told what became durable. */
  onCommitted({ events, ticks }: Committed): void {
    try {
      const { clock, marketAt } = this.#options;
      const at = clock.now();
      for (const event of events) {
        this.#events.take(event, at, clock.monotonicMs());
        this.#days.take(event);
      }
      if (ticks === 0) return;
      const market = marketAt();
      this.#lateMs = market && at - market;
    } catch (error) {
      this.#say(error);
    }
  }

  /** Told of what the API was asked and refused, and of what it did. */
  onAudited(event: string, { from }: Readonly<Record<string, unknown>>): void {
    const { clock } = this.#options;
    if (typeof from !== 'string' || !this.#refusals.isAttack(event, from, clock.monotonicMs())) return;
    const text = `${REFUSALS_MAX} refusals within a minute, the last one: ${event}`;
    this.#book.raise({ code: 'ACCESS_REFUSED', broker: undefined, subject: from, text }, clock.now());
  }

  list(): readonly Alert[] {
    return this.#book.list();
  }

  /** Undefined when there is no such alert, or it has ended. */
  acknowledge(id: string, who: string, why: string): Alert | undefined {
    const alert = this.#book.acknowledge(id, who, why, this.#options.clock.now());
    if (alert === undefined) return undefined;
    this.#options.logger.info(`Alert ${id} acknowledged: ${why}`, { alert: id, code: alert.code, who });
    writeAlerts(this.#options.folder, this.#book.list());
    return alert;
  }

  /** Looks now and then until `stop` is aborted. Never rejects. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.look().then(
        () => {
          if (!this.#isBlind) this.#failed = undefined;
        },
        (error: unknown) => this.#say(error),
      );
      const dueAt = this.#options.clock.monotonicMs() + LOOK_EVERY_MS;
      await this.#options.clock.sleep(LOOK_EVERY_MS, stop);
      if (!stop.aborted) this.#onWake(this.#options.clock.monotonicMs() - dueAt);
    }
  }

  /** Looks at everything once, and tells what is due. */
  async look(): Promise<void> {
    const { checks, clock, deliveries, machine, monitoring, lags, stages } = this.#options;
    this.#isBlind = false;
    const seen: Seen = {
      checks: await checks(),
      machine: await machine.look().catch((error: unknown) => this.#unseen(error)),
      lags: await lags(),
      stages: stages(),
      channels: deliveries.troubles(),
      dead: this.#options.dead?.() ?? [],
      lateMs: this.#lateMs,
    };
    const at = clock.now();
    this.#hold(conditionsIn(seen, monitoring), at);
    this.#events.look(at, clock.monotonicMs());
    this.#lookAtLetters(at);
    this.#lookAtClocks(at);
    this.#takeAcknowledgements();
    const notices = [...this.#ended, ...this.#book.due(at)];
    this.#ended = [];
    for (const notice of notices) this.#days.onAlert(notice);
    this.#summarise(at);
    if (notices.length === 0) return;
    for (const notice of notices) {
      this.#log(notice);
      deliveries.tell(notice, at);
    }
    writeAlerts(this.#options.folder, this.#book.list());
  }

  /** A machine that cannot be looked at keeps nobody from being told of everything else. */
  #unseen(error: unknown): undefined {
    this.#isBlind = true;
    this.#say(error);
  }

  #hold(found: readonly Observation[], at: EpochMs): void {
    const isFound = (one: Observation): boolean =>
      found.some(({ code, broker, subject }) => code === one.code && broker === one.broker && subject === one.subject);
    for (const one of this.#holding) if (!isFound(one)) this.#ended.push(...this.#book.end(one, at));
    for (const one of found) this.#book.raise(one, at);
    this.#holding = found;
  }

  #summarise(at: EpochMs): void {
    const { deliveries, isOver, logger } = this.#options;
    for (const { broker, text } of this.#days.due(isOver)) {
      logger.info(`Summary of the day: ${text}`, { broker });
      deliveries.summarise(broker, text, at);
    }
  }

  /** A timer that is late says that nothing else had its turn either. */
  #onWake(lateMs: number): void {
    if (lateMs <= BLOCKED_MS_MAX) return;
    const text = `nothing had its turn for ${(lateMs / SECOND_MS).toFixed(1)} s`;
    this.#book.raise({ code: 'LOOP_BLOCKED', broker: undefined, subject: 'process', text }, this.#options.clock.now());
  }

  #lookAtLetters(at: EpochMs): void {
    const before = this.#letters;
    this.#letters = this.#countLetters();
    for (const [topic, end] of this.#letters) {
      const more = end - (before.get(topic) ?? 0);
      if (more <= 0) continue;
      const parsed = parseTopic(topic);
      const broker = parsed?.scope === 'broker' ? parsed.broker : undefined;
      this.#book.raise({ code: 'DEAD_LETTERS', broker, subject: topic, text: `${more} more dead letters` }, at);
    }
  }

  #countLetters(): ReadonlyMap<string, number> {
    const letters = this.#options.store.topics().filter(({ topic }) => topic.endsWith('.dlq'));
    return new Map(letters.map(({ topic, end }) => [topic, end]));
  }

  #lookAtClocks(at: EpochMs): void {
    const before = this.#clocks;
    this.#clocks = this.#readClocks();
    const jump = this.#clocks.wall - before.wall - (this.#clocks.steady - before.steady);
    if (Math.abs(jump) <= JUMP_MS_MAX) return;
    const text = `the clock of the machine jumped by ${(jump / SECOND_MS).toFixed(1)} s`;
    this.#book.raise({ code: 'CLOCK_JUMPED', broker: undefined, subject: 'clock', text }, at);
  }

  #readClocks(): { readonly wall: number; readonly steady: number } {
    return { wall: this.#options.clock.now(), steady: this.#options.clock.monotonicMs() };
  }

  #takeAcknowledgements(): void {
    const { folder, logger } = this.#options;
    const refused = (path: string): void => logger.warning(`Expected an acknowledgement in ${path}; it was taken away`);
    for (const { id, who, why } of takeAcknowledgements(folder, refused)) {
      if (this.acknowledge(id, who, why) !== undefined) continue;
      logger.warning(`There is no open alert ${id} to acknowledge`, { who });
    }
  }

  #log({ kind, alert }: Notice): void {
    const { id, code, severity, broker, subject, text, count } = alert;
    const fields = { alert: id, code, severity, broker, subject, count, runbook: `docs/runbook.md#${anchorOf(code)}` };
    const { logger } = this.#options;
    if (kind === 'resolved') return logger.info(`${code} of ${subject} has ended`, fields);
    const again = kind === 'escalated' ? ', and nobody has acknowledged it' : '';
    logger[severity](`${code} of ${subject}: ${text}${again}; ${kindOf(code).remedy}`, fields);
  }

  /** Once for each message: the watch looks every few seconds. */
  #say(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#failed) return;
    this.#failed = message;
    this.#options.logger.error('Alerts cannot be looked after', { error });
  }
}
