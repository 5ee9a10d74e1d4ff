import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  didYouMean,
  helpText,
  needed,
  oneOf,
  parseArguments,
  usageLine,
  UsageError,
  wholeNumber,
} from './arguments.ts';

const usage = {
  name: 'sail',
  summary: 'Sails.',
  operands: 'PORT [VIA]',
  operandsMin: 1,
  operandsMax: 2,
  flags: {
    speed: { kind: 'text', value: 'KNOTS', help: 'How fast.' },
    crew: { kind: 'list', value: 'NAME', help: 'Who comes along.' },
    fast: { kind: 'switch', value: '', help: 'All sails.' },
  },
  notes: ['Mind the reef.'],
} as const;

function refusal(args: readonly string[]): string {
  try {
    parseArguments(usage, args);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  assert.fail(`${args.join(' ')} was accepted`);
}

test('flags and operands are read in any order, with a space or an equals sign', () => {
  const { flags, operands, help } = parseArguments(usage, [
    '--crew',
    'Asha',
    'Goa',
    '--speed=7',
    '--crew=Ravi',
    '--fast',
  ]);
  assert.deepEqual({ ...flags }, { speed: '7', crew: ['Asha', 'Ravi'], fast: true });
  assert.deepEqual([operands, help], [['Goa'], false]);
});

test('flags that were not given are undefined, empty or false', () => {
  assert.deepEqual({ ...parseArguments(usage, ['Goa']).flags }, { speed: undefined, crew: [], fast: false });
});

test('a value may begin with a minus, but not look like a flag', () => {
  assert.equal(parseArguments(usage, ['Goa', '--speed', '-5']).flags.speed, '-5');
  assert.equal(refusal(['Goa', '--speed', '--fast']), '--speed needs a value (KNOTS)');
  assert.equal(refusal(['Goa', '--speed']), '--speed needs a value (KNOTS)');
});

test('an unknown flag is refused, and the one that was meant is named', () => {
  assert.equal(refusal(['Goa', '--sped', '3']), 'unknown flag --sped; did you mean --speed?');
  assert.equal(refusal(['Goa', '--zzzzzz']), 'unknown flag --zzzzzz');
  assert.equal(refusal(['Goa', '-x']), 'unknown flag -x');
});

test('a name that every object has is no flag', () => {
  assert.equal(refusal(['Goa', '--constructor', 'x']), 'unknown flag --constructor');
});

test('a flag twice, a switch with a value, and too many or too few operands are refused', () => {
  assert.equal(refusal(['Goa', '--speed', '1', '--speed', '2']), '--speed is given more than once');
  assert.equal(refusal(['Goa', '--fast=yes']), '--fast takes no value, found "yes"');
  assert.equal(refusal(['Goa', 'Diu', 'Kochi']), '"Kochi" is one argument too many');
  assert.equal(refusal([]), 'expected PORT VIA behind sail');
});

test('help is asked for with either spelling, whatever else is missing', () => {
  assert.equal(parseArguments(usage, ['--help']).help, true);
  assert.equal(parseArguments(usage, ['-h']).help, true);
});

test('the help shows the usage, the summary, every flag and the notes', () => {
  assert.equal(
    helpText(usage),
    `Usage: alpha-panda sail PORT [VIA] [--speed KNOTS] [--crew NAME]… [--fast]

Sails.

  --speed KNOTS  How fast.
  --crew NAME    Who comes along.
  --fast         All sails.
  -h, --help     Print this.

Mind the reef.
`,
  );
  assert.equal(usageLine({ ...usage, operands: '', flags: {} }), 'Usage: alpha-panda sail');
});

test('what was meant is the nearest word, and nothing when none is near', () => {
  assert.equal(didYouMean('stat', ['start', 'state', 'events']), '; did you mean state?');
  assert.equal(didYouMean('evnts', ['start', 'state', 'events']), '; did you mean events?');
  assert.equal(didYouMean('q', ['start', 'state', 'events']), '');
});

test('words, numbers and needed values that are not as expected are refused with what was found', () => {
  assert.equal(oneOf('it', 'list', ['list', 'show']), 'list');
  assert.throws(() => oneOf('it', 'lst', ['list', 'show']), {
    message: 'expected it to be one of list, show, found "lst"; did you mean list?',
  });
  assert.equal(wholeNumber('from', '0', 0), 0);
  for (const bad of ['-1', '1.5', 'x', '', '1e3', '9999999999999999']) {
    assert.throws(() => wholeNumber('from', bad, 0), UsageError, bad);
  }
  assert.equal(needed('why', 'because'), 'because');
  assert.throws(() => needed('why', ' '), { message: '--why is needed' });
});
