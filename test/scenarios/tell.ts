// Runs a scenario for every namespace and holds its transcript against the kept one. With WRITE_GOLDEN=1 in the environment
// the transcripts are written anew instead, to be read before they are kept.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BROKERS } from '../support/builders.ts';
import { Scenario, type ScenarioOptions } from '../support/scenario.ts';

const FOLDER = join(import.meta.dirname, '..', 'golden', 'scenarios');
const WRITE = process.env['WRITE_GOLDEN'] === '1' && process.env['CI'] === undefined;

export function tell(name: string, options: ScenarioOptions, play: (scenario: Scenario) => void): void {
  const path = join(FOLDER, `${name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.txt`);
  for (const broker of BROKERS) {
    test(`${name}, in ${broker}`, () => {
      const scenario = new Scenario(broker, options);
      scenario.say(name);
      play(scenario);
      if (WRITE) writeFileSync(path, scenario.text);
      const kept = existsSync(path)
        ? readFileSync(path, 'utf8')
        : `no transcript in ${path}: write it with WRITE_GOLDEN=1`;
      assert.equal(scenario.text, kept);
    });
  }
}
