// The models that ship, read as the platform reads them, for tests of the strategies that ask them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Model } from '#core/strategy/models/model.ts';
import { readModel } from '#core/strategy/models/read-model.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'strategies', 'models');

/** The shipped model of this name. Throws what is wrong with it. */
export function shippedModel(name: string): Model {
  const read = readModel(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')));
  if (!read.ok) throw new Error(`${name}: ${read.problem}`);
  return read.model;
}
