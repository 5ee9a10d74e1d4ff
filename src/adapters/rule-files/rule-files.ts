// The dated files of what brokers and exchanges take in one order and from one account, read once at the start.
import { readFileSync } from 'node:fs';
import { DataFileError } from '#core/data-row.ts';
import { parseBrokerLimits } from '#core/execution/broker-limits.ts';
import { type Pacing } from '#core/execution/order-scheduler.ts';
import { type FreezeQuantities, parseFreezeQuantities } from '#core/market/freeze-quantities.ts';

/** Throws `DataFileError` for a missing or broken file. */
export function loadBrokerLimits(path: string): readonly Pacing[] {
  return parseBrokerLimits(readJson(path), path);
}

/** Throws `DataFileError` for a missing or broken file. */
export function loadFreezeQuantities(path: string): FreezeQuantities {
  return parseFreezeQuantities(readJson(path), path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataFileError(`${path}: expected a readable JSON file: ${why}. Restore it from the project.`, { cause });
  }
}
