// The tutorial does what it says: every command on the page is run, in order, as a newcomer would.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../tools/bench/paths.ts';
import { Place } from './support/place.ts';
import { lastWords } from './support/processes.ts';

const PAGE = join(ROOT, 'docs', 'guides', 'from-idea-to-walk-forward.md');
const COMMAND = 'npx alpha-panda ';

/** The lines of the page's blocks of commands. */
function commandsOf(page: string): readonly string[] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
}

test('every command of the tutorial works as it is written', { timeout: 240_000 }, async (t) => {
  const commands = commandsOf(readFileSync(PAGE, 'utf8'));
  assert.ok(commands.length >= 10, `${commands.length} commands`);
  const place = new Place(t);
  const settings = 'config/settings/research.env';
  mkdirSync(dirname(join(place.folder, settings)), { recursive: true });
  cpSync(join(ROOT, settings), join(place.folder, settings));
  const said = new Map<string, string>();
  for (const command of commands) {
    if (command.startsWith('cat ')) {
      assert.ok(existsSync(join(place.folder, command.slice(4))), command);
      continue;
    }
    assert.ok(command.startsWith(COMMAND), `${command}: expected a command of the platform`);
    const ended = await place.run(command.slice(COMMAND.length).split(' '));
    assert.equal(ended.code, 0, `${command}\n${lastWords(ended)}`);
    said.set(command, ended.stdout);
  }
  const answer = (part: string): string => [...said].find(([command]) => command.includes(part))?.[1] ?? '';
  assert.match(answer('tape check'), /is sound/);
  assert.match(answer('runs reproduce'), /came out the same/);
  assert.match(answer('--check-lookahead'), /^passed: [1-9]/);
  assert.match(answer('--sweep'), /9 of 9 trials/);
  assert.match(answer('--walk-forward'), /out of sample, put together/);
  for (const part of ['data', 'timing', 'fill']) {
    assert.match(answer('divergence'), new RegExp(`^${part} +0\\.00`, 'm'), 'as the page says');
  }
  assert.doesNotMatch(answer('divergence'), /unexplained/);
  assert.match(answer('divergence'), /[1-9]\d* signals in both, 0 in A only, 0 in B only/);
  assert.match(answer('--type order_filled'), /^\{"id":/);
  assert.match(answer('journal first.journal --verify'), /^equal$/m);
  assert.match(readFileSync(join(place.folder, 'first.html'), 'utf8'), /How far to trust it/);
});
