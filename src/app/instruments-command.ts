// What the command `instruments` does: a download now, and a search of the last one.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { dayOf } from '#core/time.ts';
import { type Settings } from './config/settings-schema.ts';
import { InstrumentsMaster, syncInstruments, type Synced } from './instruments-master.ts';
import { withDataAccess } from './kite-data.ts';
import { INSTRUMENTS } from './project.ts';

/** With the session on the disk. */
export async function syncNow(settings: Settings): Promise<Synced> {
  const clock = systemClock();
  return withDataAccess(settings, clock, async (client) => {
    const { listings } = loadInstruments(INSTRUMENTS);
    return syncInstruments(client, new InstrumentsMaster(settings.dataDir), listings, dayOf(clock.now()));
  });
}

/** As the command prints it in JSON. */
export interface FoundInstrument {
  readonly exchange: string;
  readonly symbol: string;
  readonly instrument_token: number;
  readonly lot_size: number;
  readonly expiry: string;
  readonly name: string;
}

const MOST = 50;

/** Instruments whose symbol or name has the text, those that begin with it first; of our own lists before any download. */
export function searchInstruments(settings: Settings, text: string): readonly FoundInstrument[] {
  const wanted = text.toUpperCase();
  const rank = ({ symbol }: FoundInstrument): number =>
    symbol === wanted ? 0 : symbol.startsWith(wanted) ? 1 : symbol.includes(wanted) ? 2 : 3;
  return all(settings)
    .filter(({ symbol, name }) => symbol.includes(wanted) || name.toUpperCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b) || (a.symbol < b.symbol ? -1 : 1))
    .slice(0, MOST);
}

function all({ dataDir }: Settings): readonly FoundInstrument[] {
  const newest = new InstrumentsMaster(dataDir).newest();
  if (newest !== undefined) {
    return newest.rows.map(({ exchange, symbol, token, lotSize, expiry, name }) => ({
      exchange,
      symbol,
      instrument_token: token,
      lot_size: lotSize,
      expiry,
      name,
    }));
  }
  return loadInstruments(INSTRUMENTS).listings.map(({ instrument, aliases }) => ({
    exchange: instrument.exchange,
    symbol: instrument.symbol,
    instrument_token: instrument.token,
    lot_size: instrument.lotSize,
    expiry: '',
    name: aliases.join(' '),
  }));
}
