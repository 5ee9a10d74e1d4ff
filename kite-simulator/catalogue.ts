// What can be traded here: core's instruments with the facts that only Kite's order rules need, such as a contract's
// multiplier and the quantity above which an exchange wants an order sliced.
import { price, quantity, type Price } from '#core/decimal.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type Listing } from '#core/market/instrument-directory.ts';

export type ContractKind = 'EQ' | 'FUT' | 'CE' | 'PE';

export interface Contract {
  /** Its symbol is the exchange's own name. */
  readonly instrument: Instrument;
  readonly name: string;
  readonly isin: string;
  readonly kind: ContractKind;
  /** `2026-01-29`, or empty without an expiry. */
  readonly expiry: string;
  readonly strike: Price;
  /** Units of value in one unit of quantity: more than 1 where quantities are lots (MCX, currency). */
  readonly multiplier: number;
  /** The most that one order may ask for. */
  readonly freezeQuantity: number;
  readonly previousClose: Price;
}

const EQUITY_FREEZE = 10_000_000;
/** The low byte of a token names the segment; indices are not tradable. */
export const INDEX_SEGMENT = 9;

/** Contracts by token and by `EXCHANGE:SYMBOL`. */
export class Catalogue {
  readonly contracts: readonly Contract[];
  readonly #byToken = new Map<number, Contract>();
  readonly #byName = new Map<string, Contract>();

  constructor(contracts: readonly Contract[]) {
    this.contracts = contracts;
    for (const each of contracts) {
      this.#byToken.set(each.instrument.token, each);
      this.#byName.set(nameOf(each), each);
    }
  }

  byToken(token: number): Contract | undefined {
    return this.#byToken.get(token);
  }

  /** By Kite's name of an instrument, such as `NSE:INFY`. */
  byName(name: string): Contract | undefined {
    return this.#byName.get(name);
  }
}

export function nameOf({ instrument }: Contract): string {
  return `${instrument.exchange}:${instrument.symbol}`;
}

/** Shares and indices of the project's lists, under the exchange's own names. */
export function contractsOf(listings: readonly Listing[]): Contract[] {
  return listings.map(({ instrument, aliases, previousClose }) => {
    const symbol = aliases[0] ?? instrument.symbol;
    return contract({ ...instrument, symbol }, { previousClose, name: symbol });
  });
}

/** A contract with the facts of a share unless others are given. */
export function contract(instrument: Instrument, facts: Partial<Omit<Contract, 'instrument'>> = {}): Contract {
  return {
    instrument,
    name: instrument.symbol,
    isin: `INE${`${instrument.token}`.padStart(8, '0')}0`,
    kind: 'EQ',
    expiry: '',
    strike: price(0),
    multiplier: 1,
    freezeQuantity: EQUITY_FREEZE,
    previousClose: price(1_000_000),
    ...facts,
  };
}

/**
 * One contract of each segment with rules of its own, for rehearsals: lots with a multiplier on MCX, freeze quantities on
 * NFO, prices of four decimals on CDS. The feed does not know them; a price for them comes from the control API.
 */
export function rehearsalContracts(): Contract[] {
  return [
    future('MCX', 'GOLDPETAL26JANFUT', 58424839, { tick: 10_000, lot: 1, multiplier: 1, close: 128_540_000 }),
    future('MCX', 'CRUDEOIL26JANFUT', 114_780_423, { tick: 10_000, lot: 1, multiplier: 100, close: 52_500_000 }),
    future('NFO', 'NIFTY26JANFUT', 12_683_010, { tick: 1_000, lot: 65, freeze: 1_800, close: 262_500_000 }),
    {
      ...future('NFO', 'NIFTY26JAN26000CE', 12_683_522, { tick: 500, lot: 65, freeze: 1_800, close: 4_125_000 }),
      kind: 'CE',
      strike: price(260_000_000),
    },
    future('CDS', 'USDINR26JANFUT', 412_675, { tick: 25, lot: 1, multiplier: 1_000, close: 900_125 }),
  ];
}

interface FutureTerms {
  readonly tick: number;
  readonly lot: number;
  readonly close: number;
  readonly multiplier?: number;
  readonly freeze?: number;
}

function future(exchange: string, symbol: string, token: number, terms: FutureTerms): Contract {
  const instrument: Instrument = {
    token,
    symbol,
    exchange,
    segment: exchange,
    tickSize: price(terms.tick),
    lotSize: quantity(terms.lot),
    tradable: true,
  };
  return contract(instrument, {
    kind: 'FUT',
    name: symbol.replace(/26JAN.*$/, ''),
    isin: '',
    expiry: '2026-01-29',
    multiplier: terms.multiplier ?? 1,
    freezeQuantity: terms.freeze ?? 10_000,
    previousClose: price(terms.close),
  });
}
