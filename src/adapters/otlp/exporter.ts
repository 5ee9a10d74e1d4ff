// Sends spans to an OpenTelemetry collector, as OTLP in JSON over HTTP. It is a request every few seconds, so it needs no library;
// what cannot be sent is dropped and counted, because traces may cost the platform neither memory nor time.
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { attributesOf, type Span } from './span.ts';

const WAITING_MAX = 4_096;
const SPANS_A_REQUEST = 512;
const EVERY_MS = 2_000;
const TIMEOUT_MS = 10_000;
const AGAIN_AFTER_MS = [1_000, 5_000] as const;
/** How long the end of the platform waits for the last request. */
const LAST_MS = 2_000;

export interface ExporterOptions {
  /** The beginning of the URL, such as `http://localhost:4318`. */
  readonly endpoint: string;
  /** Who sends: `service.name` and the like. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #stop = new AbortController();
  /** From the first span on: a start that fails leaves nothing running. */
  #running: Promise<void> | undefined;
  #waiting: Span[] = [];
  #dropped = 0;
  #failing = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  /** Spans that nobody will see. */
  get dropped(): number {
    return this.#dropped;
  }

  take(span: Span): void {
    this.#running ??= this.#run();
    if (this.#waiting.length >= WAITING_MAX) this.#drop(1);
    else this.#waiting.push(span);
  }

  /** Sends what waits, within two seconds. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    const signal = AbortSignal.timeout(LAST_MS);
    while (this.#waiting.length > 0) {
      const spans = this.#waiting.splice(0, SPANS_A_REQUEST);
      const trouble = await this.#post(spans, signal);
      if (trouble !== undefined) this.#lose(spans.length + this.#waiting.splice(0).length, trouble);
    }
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(EVERY_MS, signal);
      while (this.#waiting.length > 0 && !signal.aborted) await this.#send(this.#waiting.splice(0, SPANS_A_REQUEST));
    }
  }

  async #send(spans: readonly Span[]): Promise<void> {
    const { signal } = this.#stop;
    let trouble = await this.#post(spans, AbortSignal.timeout(TIMEOUT_MS));
    for (const afterMs of AGAIN_AFTER_MS) {
      if (trouble === undefined || signal.aborted) break;
      await this.#options.clock.sleep(afterMs, signal);
      trouble = await this.#post(spans, AbortSignal.timeout(signal.aborted ? LAST_MS : TIMEOUT_MS));
    }
    if (trouble !== undefined) return this.#lose(spans.length, trouble);
    if (this.#failing) this.#options.logger.info('The collector takes traces again', { dropped: this.#dropped });
    this.#failing = false;
  }

  #lose(count: number, trouble: string): void {
    this.#drop(count);
    if (!this.#failing)
      this.#options.logger.warning(`The collector takes no traces: ${trouble}`, { dropped: this.#dropped });
    this.#failing = true;
  }

  #drop(count: number): void {
    this.#dropped += count;
  }

  /** What it failed with. */
  async #post(spans: readonly Span[], signal: AbortSignal): Promise<string | undefined> {
    const { endpoint, resource, version } = this.#options;
    const scopeSpans = [{ scope: { name: 'alpha-panda', version }, spans }];
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] });
    try {
      const answer = await fetch(`${endpoint.replace(/\/$/, '')}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        redirect: 'manual',
        signal,
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `expected an answer of 2xx, found ${answer.status}`;
    } catch (error) {
      if (signal.aborted) return 'no answer in time';
      const cause = error instanceof Error ? error.cause : undefined;
      return cause instanceof Error && 'code' in cause ? `no connection: ${String(cause.code)}` : 'no connection';
    }
  }
}
