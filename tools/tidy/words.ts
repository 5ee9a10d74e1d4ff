// The rules that are one pattern each: words that must not stand in some files, and why. Anything a pattern on one line
// cannot decide has a file of its own.
import type { Finding } from './finding.ts';
import { isTest } from './imports.ts';
import { lineAt, readingsOf, type Readings, type SourceFile } from './source-text.ts';

type WordRule = {
  readonly pattern: RegExp;
  readonly reading: keyof Readings;
  readonly appliesTo: (path: string) => boolean;
  readonly todo: string;
};

const rules: readonly WordRule[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\b|\bperformance\./g,
    reading: 'code',
    appliesTo: isPure,
    todo: 'Pure code is told the time: take it from the message or as an argument.',
  },
  {
    pattern: /\bMath\.random\b/g,
    reading: 'code',
    appliesTo: isPure,
    todo: 'Chance comes from a seed in the configuration, so that a replay gives the same result.',
  },
  {
    pattern: /(?<![\w.])(?:process|console)\./g,
    reading: 'code',
    appliesTo: isPure,
    todo: 'Pure code knows no environment and prints nothing: return the value and let the shell act.',
  },
  {
    pattern: /\bparseFloat\b/g,
    reading: 'code',
    appliesTo: isPure,
    todo: 'Money is never a float: parse it with src/core/decimal.ts.',
  },
  {
    pattern: /\bawait\s|\basync\s+(?:function\b|\(|\w+\s*(?:\(|=>))/g,
    reading: 'code',
    appliesTo: isPure,
    todo: 'Pure code does not wait: make the decision here and the call in the shell.',
  },
  {
    pattern: /\bIntl\.|\.(?:localeCompare|toLocale\w*)\b/g,
    reading: 'code',
    appliesTo: isPure,
    todo: "The result would depend on the machine's language: compare and format by hand.",
  },
  {
    pattern: /\bset(?:Timeout|Interval)\b|\bDate\.now\b|\bnew Date\b/g,
    reading: 'code',
    appliesTo: (path) => isCode(path) && path.startsWith('src/engine/') && !isTest(path),
    todo: 'The engine tells time and waits through the clock port, so that tests and replay can move it.',
  },
  {
    pattern: /zerodha|kite|kafka|redpanda|postgres|(?<!with)redis|sqlite/gi,
    reading: 'uncommented',
    appliesTo: (path) => isCode(path) && path.startsWith('src/engine/') && !isTest(path),
    todo: 'The engine knows no vendor: put this into an adapter or into src/app.',
  },
  {
    pattern: /\.(?:only|skip|todo)\(|\b(?:only|skip|todo):\s*true\b/g,
    reading: 'code',
    appliesTo: (path) => isTest(path) && !path.startsWith('test/support/'),
    todo: 'Every test runs: finish it or remove it. For missing shared data use test/support/shared-data.ts.',
  },
  {
    pattern: /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|\.catch\(\s*(?:\(\w*\)|\w+)\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/g,
    reading: 'code',
    appliesTo: isCode,
    todo: 'An error is retried, dead-lettered, reported or turned into a value: write which.',
  },
  {
    pattern: /:\s*any\b(?!\s*[(.'`])|\bas any\b|<any\b/g,
    reading: 'code',
    appliesTo: isCode,
    todo: 'Use the type, or unknown at the edge and parse it once.',
  },
  {
    pattern: /@ts-(?:ignore|nocheck)/g,
    reading: 'raw',
    appliesTo: (path) => isCode(path) && !path.startsWith('tools/tidy'),
    todo: 'Fix the type. A test that a type refuses something may use @ts-expect-error.',
  },
  {
    pattern: /\bexport\s+default\b|\bas\s+default\b/g,
    reading: 'code',
    appliesTo: (path) => isCode(path) && !/\.config\.[a-z]+$/.test(path),
    todo: 'Export by name.',
  },
  {
    pattern: /\b(?:TO[D]O|FIX[M]E|XX[X])\b/g,
    reading: 'raw',
    appliesTo: () => true,
    todo: 'Do it, or write an issue.',
  },
  {
    pattern: /broker_[n]amespace/g,
    reading: 'raw',
    appliesTo: () => true,
    todo: 'The field is called broker.',
  },
  {
    pattern: new RegExp(String.raw`(?<![\w.)}\]*])/(?:work|tmp|root|home|Users)(?:/|(?=['"\x60\s]))`, 'g'),
    reading: 'raw',
    appliesTo: () => true,
    todo: "No path of one machine: use a path from the project root, or the operating system's temporary folder.",
  },
  {
    pattern: new RegExp(String.raw`registry\.[\w-]+\.\w|"resolved":\s*"http`, 'g'),
    reading: 'raw',
    appliesTo: () => true,
    todo: 'Packages are named by version and checksum only: install with the .npmrc of this project.',
  },
];

export function checkWords(file: SourceFile): Finding[] {
  const applying = rules.filter((rule) => rule.appliesTo(file.path));
  const raw = file.text;
  const readings = isCode(file.path) ? readingsOf(raw) : { raw, uncommented: raw, code: raw };
  return applying.flatMap((rule) =>
    [...readings[rule.reading].matchAll(rule.pattern)].map((match) => ({
      path: file.path,
      line: lineAt(raw, match.index),
      found: `\`${match[0].trim()}\``,
      todo: rule.todo,
    })),
  );
}

export function isCode(path: string): boolean {
  return /\.(?:ts|tsx|mjs|js)$/.test(path);
}

function isPure(path: string): boolean {
  return isCode(path) && /^(?:src\/core|strategies)\//.test(path) && !isTest(path);
}
