// Candles of a minute for charts, from the ticks that the store holds. Nobody counts them while no chart is open: the first
// who asks has the journal read, in pieces between which the pipeline has its turn, and who asks later what came since.
import { setImmediate } from 'node:timers/promises';
import type { Candle } from '#api/contract.ts';
import { formatDecimal } from '#core/decimal.ts';
import { formatInstant, MINUTE_MS, type EpochMs } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { openTickFrame } from '#wire/tick-frame.ts';

/** Inputs that are read before the pipeline has its turn. */
const PIECE = 16;
/** Minutes of one instrument that are kept; a session has 375. */
const MINUTES_MAX = 2_000;

interface Minute {
  readonly at: number;
  open: number;
  high: number;
  low: number;
  close: number;
  ticks: number;
}

export class Candles {
  readonly #store: Pick<StoreReader, 'inputsAfter'>;
  /** Oldest first. */
  readonly #minutes = new Map<number, Minute[]>();
  #seq = 0;
  #reading: Promise<void> | undefined;

  constructor(store: Pick<StoreReader, 'inputsAfter'>) {
    this.#store = store;
  }

  /** The newest candles of an instrument, oldest first. */
  async of(token: number, limit: number): Promise<readonly Candle[]> {
    await this.#catchUp();
    return (this.#minutes.get(token) ?? []).slice(-limit).map(candleOf);
  }

  /** The last price of each instrument that ticked, by token. */
  async lastPrices(): Promise<ReadonlyMap<number, Candle>> {
    await this.#catchUp();
    return new Map([...this.#minutes].map(([token, minutes]) => [token, candleOf(minutes.at(-1) as Minute)]));
  }

  /** Those who ask at the same time wait for the same reading. */
  async #catchUp(): Promise<void> {
    this.#reading ??= this.#read();
    try {
      await this.#reading;
    } finally {
      this.#reading = undefined;
    }
  }

  async #read(): Promise<void> {
    for (;;) {
      const inputs = this.#store.inputsAfter(this.#seq, PIECE);
      for (const { kind, body, seq } of inputs) {
        if (kind === 'ticks' && typeof body !== 'string') this.#add(body);
        this.#seq = seq;
      }
      if (inputs.length < PIECE) return;
      await setImmediate();
    }
  }

  #add(frame: Uint8Array): void {
    const columns = openTickFrame(frame);
    for (let row = 0; row < columns.rows; row++) {
      const at = columns.timeAt(row);
      this.#tick(columns.instrumentAt(row).token, at - (at % MINUTE_MS), columns.priceAt(row));
    }
  }

  #tick(token: number, at: number, price: number): void {
    let minutes = this.#minutes.get(token);
    if (minutes === undefined) this.#minutes.set(token, (minutes = []));
    // Nearly always the last one; a tick that is late belongs to a minute before it.
    let k = minutes.length - 1;
    while (k >= 0 && (minutes[k] as Minute).at > at) k--;
    const minute = minutes[k];
    if (minute?.at === at) {
      minute.high = Math.max(minute.high, price);
      minute.low = Math.min(minute.low, price);
      minute.close = price;
      minute.ticks++;
      return;
    }
    minutes.splice(k + 1, 0, { at, open: price, high: price, low: price, close: price, ticks: 1 });
    if (minutes.length > MINUTES_MAX) minutes.shift();
  }
}

function candleOf({ at, open, high, low, close, ticks }: Minute): Candle {
  return {
    ts: formatInstant(at as EpochMs),
    open: formatDecimal(open),
    high: formatDecimal(high),
    low: formatDecimal(low),
    close: formatDecimal(close),
    ticks,
  };
}
