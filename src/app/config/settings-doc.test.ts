import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { accessFields, brokerFields } from './brokers.ts';
import { renderSettingsDoc } from './settings-doc.ts';
import { definitions, upperSnake } from './settings-schema.ts';

const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');

/** What a cell says, without the marks of code. */
function cells(line: string): string[] {
  return line.split('|').map((cell) => cell.replaceAll('`', '').trim());
}

describe('docs/settings.md', () => {
  it('is what the table of settings says; node src/app/config/settings-doc.ts > docs/settings.md writes it anew', () => {
    assert.equal(page, renderSettingsDoc());
  });

  it('names every setting with its default and its effect', () => {
    const lines = page.split('\n').map((line) => cells(line));
    for (const { name, setting } of definitions) {
      const found = lines.filter((line) => line[1] === name);
      assert.equal(found.length, 1, `${name} has ${found.length} rows`);
      const [, , byDefault, effect = '', accepted] = found[0] ?? [];
      assert.equal(byDefault, setting.default === '' ? 'nothing' : setting.default, name);
      assert.equal(effect, setting.effect, name);
      assert.equal(accepted, setting.accepts, name);
    }
  });

  it('names every field of a namespace', () => {
    for (const fields of [...Object.values(brokerFields), accessFields]) {
      for (const field of Object.keys(fields)) assert.ok(page.includes(`BROKERS__{ID}__${upperSnake(field)}`), field);
    }
  });
});
