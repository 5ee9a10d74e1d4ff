// Holds the table of effects against everything that speaks of settings, so that a new setting needs a test of its effect,
// and a renamed test is noticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFields, brokerFields } from '#app/config/brokers.ts';
import { definitions, upperSnake } from '#app/config/settings-schema.ts';
import { titles } from '../support/titles.ts';
import { effects, namespaceEffects } from './effects.ts';

const all = Object.entries({ ...effects, ...namespaceEffects });

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
    assert.ok(
      effect.tests.some((title) => new RegExp(`(?<![A-Z_])${name.replace(/[{}]/g, '\\$&')}(?![A-Z_])`).test(title)),
      `no test of ${name} has it in its title`,
    );
    for (const title of effect.tests) {
      assert.equal(written.filter((found) => found === title).length, 1, `tests called ${JSON.stringify(title)}`);
    }
  }
});
