// Instruments by the names people and files use for them. It is apart from `InstrumentTable`, which knows them by
// number: a name that nobody listed is still an instrument here.
import { price, type Price, quantity, type Quantity } from '../decimal.ts';
import { type Instrument } from './instrument.ts';
import { tokenOf } from './instrument-token.ts';

/** An instrument of the project's lists, with what a simulated market needs to know about it. */
export interface Listing {
  readonly instrument: Instrument;
  /** Other names of the same instrument; the first, where there is one, is the exchange's own. */
  readonly aliases: readonly string[];
  readonly previousClose: Price;
  /** Units a day; 0 for an index. */
  readonly averageDailyVolume: Quantity;
}

export interface InstrumentDirectory {
  readonly listings: readonly Listing[];
  /** The instrument of a symbol or an alias; an unknown name becomes a tradable instrument of NSE. */
  find(symbolOrAlias: string): Instrument;
}

/** Two instruments share a name or a token; the message names both. */
export class InstrumentError extends Error {
  override readonly name = 'InstrumentError';
}

const NSE_TICK = price(500);
const ONE_UNIT = quantity(1);

/** A directory of the listings. Throws `InstrumentError`, here or in `find`, when a name or a token is taken. */
export function instrumentDirectory(listings: readonly Listing[]): InstrumentDirectory {
  const byName = new Map<string, Instrument>();
  const byToken = new Map<number, Instrument>();
  const claimToken = (instrument: Instrument): void => {
    const other = byToken.get(instrument.token);
    if (other !== undefined) {
      throw new InstrumentError(
        `${other.exchange}:${other.symbol} and ${instrument.exchange}:${instrument.symbol} share the instrument ` +
          `token ${instrument.token}. Give one of them its broker's token in config/instruments.`,
      );
    }
    byToken.set(instrument.token, instrument);
  };
  for (const { instrument, aliases } of listings) {
    claimToken(instrument);
    for (const name of [instrument.symbol, ...aliases]) {
      const other = byName.get(name);
      if (other !== undefined) {
        throw new InstrumentError(
          `the name ${name} belongs to ${other.symbol} and to ${instrument.symbol}. Remove it from one of them in ` +
            `config/instruments.`,
        );
      }
      byName.set(name, instrument);
    }
  }
  return {
    listings,
    find: (name) => {
      const known = byName.get(name);
      if (known !== undefined) return known;
      const made = unlisted(name);
      claimToken(made);
      byName.set(name, made);
      return made;
    },
  };
}

function unlisted(symbol: string): Instrument {
  if (symbol.trim() === '') throw new InstrumentError('expected the symbol of an instrument, found an empty name');
  const token = tokenOf('NSE', symbol);
  return { token, symbol, exchange: 'NSE', segment: 'NSE', tickSize: NSE_TICK, lotSize: ONE_UNIT, tradable: true };
}
