import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../pinned-node.mjs';
import { troubleWith } from './apply.ts';
import { MUTANTS } from './isolation.ts';

describe('the mutants for isolation', () => {
  it('are at least 25, each with a name of its own', () => {
    assert.ok(MUTANTS.length >= 25, `${MUTANTS.length}`);
    assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
  });

  it('all apply to the tree as it is', () => {
    const troubles = MUTANTS.flatMap((mutant) => {
      const path = join(projectRoot, mutant.file);
      const trouble = existsSync(path) ? troubleWith(mutant, readFileSync(path, 'utf8')) : `${mutant.file} is gone`;
      return trouble === undefined ? [] : [`${mutant.name}: ${trouble}`];
    });
    assert.deepEqual(troubles, []);
  });

  it('name tests that are there, with or without servers', () => {
    const all = globSync('{src,strategies,kite-simulator,tools,test,examples}/**/*.test.ts', { cwd: projectRoot });
    for (const { name, tests, services = false } of MUTANTS) {
      const files = all.filter((path) => path.startsWith('test/services/') === services);
      for (const word of tests)
        assert.ok(
          files.some((path) => path.includes(word)),
          `${name}: ${word}`,
        );
    }
  });

  it('are told when their text is gone or there twice', () => {
    const mutant = { name: 'x', file: 'a.ts', from: 'one', to: 'two', tests: [] };
    assert.equal(troubleWith(mutant, 'just one'), undefined);
    assert.match(troubleWith(mutant, 'nothing') ?? '', /found it 0 times/);
    assert.match(troubleWith(mutant, 'one one') ?? '', /found it 2 times/);
    assert.match(troubleWith({ ...mutant, to: 'one' }, 'one') ?? '', /changes nothing/);
  });
});
