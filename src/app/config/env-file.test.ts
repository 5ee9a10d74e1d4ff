import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEnvFile } from './env-file.ts';

function values(content: string): Record<string, string> {
  const { entries, problems } = parseEnvFile(content);
  assert.deepEqual(problems, []);
  return Object.fromEntries(entries.map(({ name, text }) => [name, text]));
}

function linesRefused(content: string): number[] {
  return parseEnvFile(content).problems.map(({ line }) => line);
}

describe('a .env file', () => {
  it('is lines of NAME=value between comments and empty lines', () => {
    assert.deepEqual(values('\uFEFF# head\r\n\r\nA=1\r\n  B = two words \nC=\nexport D=4\nE=a=b\n'), {
      A: '1',
      B: 'two words',
      C: '',
      D: '4',
      E: 'a=b',
    });
  });

  it('ends an unquoted value at a # that follows a space, and nowhere else', () => {
    assert.deepEqual(values('A=1 # one\nB=p#q\nC=#nothing\nD=redis://h:1/0#x\t# y'), {
      A: '1',
      B: 'p#q',
      C: '',
      D: 'redis://h:1/0#x',
    });
  });

  it('takes single quotes as they are and reads escapes in double quotes', () => {
    const content = String.raw`A='a\n # "b" ' # c
B="a\n # 'b' \" \\ " # c
C='["x","y"]'
D=""`;
    assert.deepEqual(values(content), { A: String.raw`a\n # "b" `, B: "a\n # 'b' \" \\ ", C: '["x","y"]', D: '' });
  });

  it('keeps every assignment in order, so that the loader sees one that is made twice', () => {
    assert.deepEqual(parseEnvFile('A=1\nA=2').entries, [
      { name: 'A', text: '1', line: 1 },
      { name: 'A', text: '2', line: 2 },
    ]);
  });

  it('tells the line that it cannot read, and reads on', () => {
    assert.deepEqual(linesRefused('just words\nA=1\n=x\nB="open\nC=\'open\nD="a" b\nE=\'a\'b'), [1, 3, 4, 5, 6, 7]);
    assert.deepEqual(parseEnvFile('A="x').problems, [
      { line: 1, text: 'the quotes around the value of A do not close' },
    ]);
  });

  it('may be empty', () => {
    assert.deepEqual(parseEnvFile(''), { entries: [], problems: [] });
  });
});
