// The Kite simulator as one object: requests, ticker, postbacks and control over one account. It holds no socket: a test
// with a virtual clock uses it as it is, `transport.ts` puts it on the network.
import { DEPTH_WIDTH, NO_VOLUME, type TickBatch } from '#core/market/tick.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type EpochMs } from '#core/time.ts';
import { Broker } from './broker.ts';
import { Control } from './control/control.ts';
import { type MarketTick } from './exchange/market.ts';
import { type SimulatorOptions } from './options.ts';
import { Postbacks } from './postbacks.ts';
import { KiteApi } from './rest/api.ts';
import { Ticker } from './ticker/ticker.ts';

export class KiteSimulator {
  readonly broker: Broker;
  readonly api: KiteApi;
  readonly ticker: Ticker;
  readonly control: Control;
  readonly #postbacks: Postbacks | undefined;

  constructor(options: SimulatorOptions) {
    this.broker = new Broker(options);
    this.api = new KiteApi(this.broker);
    this.ticker = new Ticker(this.broker);
    this.#postbacks = options.postbackUrl === undefined ? undefined : new Postbacks(this.broker, options.postbackUrl);
    this.control = new Control(this);
  }

  /** Takes ticks from a feed: the exchange matches, then the ticker sends. */
  onTicks(ticks: Iterable<MarketTick>): void {
    this.ticker.push(this.broker.onTicks(ticks));
  }

  /** The same from a feed's batch, whose rows name instruments by index. */
  onBatch(batch: TickBatch, instruments: readonly Instrument[]): void {
    this.onTicks(rowsOf(batch, instruments));
  }

  async close(): Promise<void> {
    await this.ticker.close();
    await this.#postbacks?.close();
    await this.broker.close();
  }
}

function* rowsOf(batch: TickBatch, instruments: readonly Instrument[]): Generator<MarketTick> {
  for (let k = 0; k < batch.count; k++) {
    const instrument = instruments[batch.instrument[k] ?? -1];
    if (instrument === undefined) continue;
    yield {
      token: instrument.token,
      price: batch.price[k] ?? 0,
      time: (batch.time[k] ?? 0) as EpochMs,
      volume: batch.volume[k] ?? NO_VOLUME,
      ...(batch.hasDepth ? { depth: batch.depth, depthAt: k * DEPTH_WIDTH } : {}),
    };
  }
}
