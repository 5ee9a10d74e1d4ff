import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editDistance, hintFor } from './hints.ts';

const known = ['API__HOST', 'API__PORT', 'DATA_DIR', 'LOG_LEVEL', 'REDPANDA__BOOTSTRAP_SERVERS'];

describe('a hint', () => {
  it('names the nearest setting of the same section', () => {
    assert.equal(hintFor('API__PROT', known), 'the section API__ has no such setting; did you mean API__PORT?');
    assert.equal(hintFor('API__SOMETHING_ELSE', known), 'the section API__ has no such setting');
  });

  it('names the nearest setting within two letters when the section is missing or misspelt', () => {
    assert.equal(hintFor('LOGLEVEL', known), 'this is no setting; did you mean LOG_LEVEL?');
    assert.equal(
      hintFor('REDPANDA_BOOTSTRAP_SERVERS', known),
      'this is no setting; did you mean REDPANDA__BOOTSTRAP_SERVERS?',
    );
  });

  it('is not given for what looks like nothing of ours', () => {
    assert.equal(hintFor('HOME', known), undefined);
    assert.equal(hintFor('OTHER__HOST', known), undefined);
    assert.equal(hintFor('', known), undefined);
  });
});

describe('the edit distance', () => {
  it('counts letters added, removed and changed', () => {
    assert.equal(editDistance('', ''), 0);
    assert.equal(editDistance('abc', ''), 3);
    assert.equal(editDistance('', 'abc'), 3);
    assert.equal(editDistance('kitten', 'sitting'), 3);
    assert.equal(editDistance('abc', 'acb'), 2);
  });
});
