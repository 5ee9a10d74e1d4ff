import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodeOf, projectRoot } from './pinned-node.mjs';
import { readingsOf } from './tidy/source-text.ts';

for (const path of ['tools/bootstrap.mjs', 'tools/pinned-node.mjs', 'bin/alpha-panda.mjs']) {
  test(`${path} uses nothing that a Node too old for the project cannot read`, () => {
    const { code, uncommented } = readingsOf(readFileSync(join(projectRoot, path), 'utf8'));
    assert.doesNotMatch(code, /\?\.|\?\?|\|\|=|&&=|^await\b|#\w|\d_\d|import\.meta\.(?:dirname|main)/m);
    assert.doesNotMatch(uncommented, /'node:/);
  });
}

test('a child ended by a signal gives 128 and the number of the signal, any other its own code', () => {
  assert.equal(exitCodeOf(0, null), 0);
  assert.equal(exitCodeOf(3, null), 3);
  assert.equal(exitCodeOf(null, 'SIGINT'), 130);
  assert.equal(exitCodeOf(null, 'SIGKILL'), 137);
});

test('an unknown command is refused with the list of those that exist', () => {
  const result = spawnSync(process.execPath, [join(projectRoot, 'tools/bootstrap.mjs'), 'fly'], { encoding: 'utf8' });
  assert.equal(result.status, 1);
  assert.match(result.stderr, /Unknown command "fly"; expected one of start, test, check/);
});
