// Holds the table of effects against everything that speaks of settings, so that a new setting needs a test of its effect
// or a line in docs/status.md, and a renamed test is noticed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { accessFields, brokerFields } from '#app/config/brokers.ts';
import { definitions, upperSnake } from '#app/config/settings-schema.ts';
import { titles } from '../support/titles.ts';
import { effects, namespaceEffects } from './effects.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');

function page(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

const all = Object.entries({ ...effects, ...namespaceEffects });
const unbuilt = Object.entries(effects).filter(([, effect]) => 'notBuilt' in effect);

test('the table of effects has every setting exactly once, in the order of docs/settings.md', () => {
  assert.deepEqual(
    Object.keys(effects),
    definitions.map(({ name }) => name),
  );
  const fields = new Set([...Object.values(brokerFields), accessFields].flatMap((rows) => Object.keys(rows)));
  const named = [...fields].map((field) => `BROKERS__{ID}__${upperSnake(field)}`);
  assert.deepEqual(Object.keys(namespaceEffects).toSorted(), ['BROKERS__{ID}__KIND', ...named].toSorted());
});

test('every effect names tests that are there once, and one of them names the setting', () => {
  const written = titles();
  for (const [name, effect] of all) {
    if ('notBuilt' in effect) continue;
    assert.ok(
      effect.tests.some((title) => new RegExp(`(?<![A-Z_])${name.replace(/[{}]/g, '\\$&')}(?![A-Z_])`).test(title)),
      `no test of ${name} has it in its title`,
    );
    for (const title of effect.tests) {
      assert.equal(written.filter((found) => found === title).length, 1, `tests called ${JSON.stringify(title)}`);
    }
  }
});

test('every setting without an effect is marked in docs/settings.md, and no other one', () => {
  const marked = page('settings.md')
    .split('\n')
    .filter((line) => line.includes('**Not built yet.**'))
    .map((line) => line.split('`')[1]);
  assert.deepEqual(
    marked,
    unbuilt.map(([name]) => name),
  );
});

test('every setting without an effect is listed in docs/status.md with what has to be built first, and no other one', () => {
  const items = page('status.md').split(/^- /m).slice(1);
  const listed = items.flatMap((item) => {
    const [, reason, names = ''] = /^\*\*([^*]+)\*\*: ([^.]+)\.$/m.exec(item) ?? [];
    return reason === undefined
      ? []
      : [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => [name, reason] as const);
  });
  const expected = unbuilt.map(([name, effect]) => [name, 'notBuilt' in effect ? effect.notBuilt : ''] as const);
  assert.deepEqual(Object.fromEntries(listed), Object.fromEntries(expected));
  assert.equal(listed.length, unbuilt.length);
});
