// The tables of charges from the dated files of a folder, read once at the start and synchronously: no order can be
// charged before its rates are known.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataFileError } from '#core/data-row.ts';
import { chargeTable, type ChargeFile, type ChargeTable, parseChargeFile } from '#core/portfolio/charge-table.ts';

/** Reads every `*.json` of the folder. Throws `DataFileError` for a missing or broken file, a gap or an overlap. */
export function loadCharges(directory: string): ChargeTable {
  const files = filesOf(directory);
  if (files.length === 0) {
    throw new DataFileError(
      `expected files of charges such as nse.json in ${directory}, found none. Restore them from the project.`,
    );
  }
  return chargeTable(files.map((file) => readChargeFile(join(directory, file))));
}

function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.json'))
      .sort();
  } catch (cause) {
    throw new DataFileError(`expected a folder of files of charges at ${directory}: ${messageOf(cause)}`, { cause });
  }
}

function readChargeFile(path: string): ChargeFile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new DataFileError(`${path}: expected a readable JSON file: ${messageOf(cause)}`, { cause });
  }
  return parseChargeFile(json, path);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
