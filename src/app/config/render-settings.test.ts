import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSettings, type LoadedSettings } from './load-settings.ts';
import { maskText, printable } from './problem.ts';
import { renderSettings } from './render-settings.ts';
import { definitions } from './settings-schema.ts';

function load(env: Readonly<Record<string, string>>): LoadedSettings {
  const result = loadSettings({ env });
  assert.ok(result.ok);
  return result.value;
}

const SECRETS = {
  AUTH__SECRET_KEY: '0123456789abcdef-hush-0123456789',
  ZERODHA__API_KEY: 'hush',
  BROKERS__ZERODHA__API_SECRET: 'hush',
  ZERODHA__API_SECRET: 'hush',
  DATABASE__POSTGRES_URL: 'postgresql://me:hush@db.example.org/x?sslpassword=hush',
  REDIS__URL: 'redis://:hush@cache.example.org:6379/0',
};

describe('the settings as text', () => {
  it('show each setting with its value and origin', () => {
    const lines = renderSettings(load({ API__PORT: '81', LOG_LEVEL: 'ERROR' }), { json: false }).split('\n');
    for (const { name } of definitions)
      assert.ok(
        lines.some((line) => line.startsWith(`${name} `)),
        name,
      );
    const line = (name: string): string =>
      lines.find((found) => found.startsWith(`${name} `))?.replace(/ +/g, ' ') ?? '';
    assert.equal(line('API__PORT'), 'API__PORT 81 environment');
    assert.equal(line('FEED__SOURCE'), 'FEED__SOURCE simulator default');
    assert.equal(line('STRATEGIES_DIR'), 'STRATEGIES_DIR (nothing) default');
    assert.equal(line('LOGGING__LEVEL'), 'LOGGING__LEVEL ERROR environment (LOG_LEVEL)');
    assert.equal(
      line('BROKERS__PAPER__STARTING_CASH'),
      'BROKERS__PAPER__STARTING_CASH 1000000 default (PAPER_TRADING__STARTING_CASH)',
    );
    assert.equal(line('zerodha'), 'zerodha zerodha simulator the Kite simulator dated');
    assert.ok(lines.some((found) => found.startsWith('warning AUTH__SECRET_KEY: ')));
  });
});

describe('the settings as JSON', () => {
  it('are one object with names, values and origins', () => {
    const shown = JSON.parse(renderSettings(load({ PAPER_TRADING__STARTING_CASH: '5.0' }), { json: true })) as {
      settings: Record<string, { value: string; origin: string; from?: string }>;
      brokers: { id: string; kind: string; runs_as: string }[];
    };
    assert.deepEqual(shown.settings['PAPER_TRADING__STARTING_CASH'], { value: '5', origin: 'environment' });
    assert.deepEqual(shown.settings['BROKERS__PAPER__STARTING_CASH'], {
      value: '5',
      origin: 'environment',
      from: 'PAPER_TRADING__STARTING_CASH',
    });
    assert.deepEqual(
      shown.brokers.map(({ id, kind, runs_as }) => `${id} ${kind} ${runs_as}`),
      ['paper paper simulated', 'zerodha zerodha gateway'],
    );
  });
});

describe('secrets', () => {
  it('are masked in both, and the rest of a URL stays readable', () => {
    for (const json of [true, false]) {
      const shown = renderSettings(load(SECRETS), { json });
      assert.doesNotMatch(shown, /hush/);
      assert.match(shown, /postgresql:\/\/me:\*{8}@db\.example\.org\/x\?sslpassword=\*{8}/);
      assert.match(shown, /redis:\/\/:\*{8}@cache\.example\.org:6379\/0/);
    }
  });

  it('are masked whatever their length, and nothing stays nothing', () => {
    assert.equal(maskText('x', 'secret'), '********');
    assert.equal(maskText('x'.repeat(99), 'secret'), '********');
    assert.equal(maskText('', 'secret'), '');
    assert.equal(maskText('redis://u:a@b:c@host/0', 'password'), 'redis://u:********@host/0');
    assert.equal(maskText('redis://host/0', 'password'), 'redis://host/0');
    assert.equal(maskText('no url', 'password'), '********');
    assert.equal(maskText('redis:word', 'password'), '********');
    assert.equal(maskText('plain', 'open'), 'plain');
  });
});

describe('control characters', () => {
  it('are escaped when they are shown', () => {
    assert.equal(printable('a\nb'), String.raw`"a\nb"`);
    assert.equal(printable('a b'), 'a b');
  });
});
