// Instruments from the lists of a folder, read once at the start. The lists serve tapes and the simulated market; a
// live broker's own list is synchronised elsewhere.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseDecimal, price, quantity } from '#core/decimal.ts';
import {
  type InstrumentDirectory,
  InstrumentError,
  instrumentDirectory,
  type Listing,
} from '#core/market/instrument-directory.ts';
import { tokenOf } from '#core/market/instrument-token.ts';

const amount = z.string().transform((text, context) => {
  const units = parseDecimal(text);
  if (units !== undefined && units > 0) return price(units);
  context.addIssue({ code: 'custom', message: `expected rupees above 0 as text such as "0.05", found "${text}"` });
  return z.NEVER;
});

const row = z
  .strictObject({
    symbol: z.string().min(1),
    aliases: z.array(z.string().min(1)).default([]),
    token: z.int().min(0).max(0xffffffff).optional(),
    exchange: z.string().min(1),
    segment: z.string().min(1),
    tickSize: amount,
    lotSize: z.int().min(1),
    tradable: z.boolean(),
    previousClose: amount,
    averageDailyVolume: z.int().min(0),
  })
  .refine((each) => each.previousClose % each.tickSize === 0, {
    path: ['previousClose'],
    message: 'expected a multiple of tickSize',
  });

const list = z.strictObject({ about: z.string(), instruments: z.array(row) });

/** Reads every `*.json` of the folder. Throws `InstrumentError` for a missing or broken file or a token used twice. */
export function loadInstruments(directory: string): InstrumentDirectory {
  return instrumentDirectory(filesOf(directory).flatMap((file) => readListings(join(directory, file))));
}

function filesOf(directory: string): readonly string[] {
  let files: readonly string[];
  try {
    files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  } catch (cause) {
    throw new InstrumentError(`expected a folder of instrument lists at ${directory}: ${messageOf(cause)}`, { cause });
  }
  if (files.length > 0) return [...files].sort();
  throw new InstrumentError(`expected an instrument list such as nse.json in ${directory}, found none`);
}

function readListings(path: string): readonly Listing[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new InstrumentError(`${path}: expected a readable JSON file: ${messageOf(cause)}`, { cause });
  }
  const parsed = list.safeParse(json);
  if (!parsed.success) throw new InstrumentError(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.instruments.map(toListing);
}

function toListing(each: z.infer<typeof row>): Listing {
  const { symbol, exchange, segment, tickSize, tradable, aliases, previousClose } = each;
  const token = each.token ?? tokenOf(exchange, symbol);
  const instrument = { token, symbol, exchange, segment, tickSize, lotSize: quantity(each.lotSize), tradable };
  return { instrument, aliases, previousClose, averageDailyVolume: quantity(each.averageDailyVolume) };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
