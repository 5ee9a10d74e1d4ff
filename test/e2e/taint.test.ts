// Five namespaces side by side, each with a word of its own in all that it does: none is found where another one lives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place, playing } from './support/place.ts';
import { lastWords } from './support/processes.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';
import { assertUntainted, leaksIn, taint, taintSettings } from './support/taint.ts';

test('what one of five namespaces does leaves no trace in another', { timeout: 60_000 }, async (t) => {
  const place = new Place(t, taintSettings());
  taint(place);
  const program = place.program(playing(syntheticTape(t, { rows: 1_500, symbols: TRADED })));
  const ended = await program.ended;
  assert.equal(ended.code, 0, lastWords(ended));
  await assertUntainted(place, program.log);
});

test('the search for traces finds one', () => {
  const piece = (owner: string | undefined, text: string) => ({ where: 'here', owner, text });
  assert.deepEqual(
    leaksIn([piece('paper', 'a quokka'), piece(undefined, 'a wombat'), piece('zerodha', 'nothing')]),
    [],
  );
  assert.deepEqual(leaksIn([piece('paper_two', 'a quokka')]), ['here of paper_two has quokka']);
  assert.deepEqual(leaksIn([piece('market', 'a quokka')]), ['here of market has quokka']);
  assert.deepEqual(leaksIn([piece(undefined, 'a quokka and a bilby')]), ['here of nobody has quokka, bilby']);
});
