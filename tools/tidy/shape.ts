// The rules about a file as a whole: how long it is and how it opens.
import type { Finding } from './finding.ts';
import { isTest } from './imports.ts';
import type { SourceFile } from './source-text.ts';
import { isCode } from './words.ts';

const maxLines = 400;

export function checkShape(file: SourceFile): Finding[] {
  if (!isCode(file.path)) return [];
  return [...checkLength(file), ...checkOpening(file)];
}

function checkLength(file: SourceFile): Finding[] {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  if (lines <= maxLines || isTest(file.path)) return [];
  const todo = `At most ${maxLines}: split it where one part can be named without the other.`;
  return [{ path: file.path, line: maxLines + 1, found: `${lines} lines`, todo }];
}

function checkOpening(file: SourceFile): Finding[] {
  if (!/^(?:src|strategies|tools)\//.test(file.path) || isTest(file.path)) return [];
  const lines = file.text.split('\n');
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  if (first?.startsWith('// ')) return [];
  const todo = 'Open the file with a // comment: what lives here and why it is separate.';
  return [{ path: file.path, line: 1, found: 'no opening comment', todo }];
}
