import assert from 'node:assert/strict';
import fs, { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import * as fc from 'fast-check';
import { RotatingFile } from './rotating-file.ts';
import type { RotatingFileOptions } from './rotating-file.ts';
import { temporaryFolder } from './telemetry-under-test.ts';

interface FileUnderTest {
  readonly file: RotatingFile;
  readonly folder: string;
  readonly failures: string[];
  readonly recoveries: number[];
  readonly text: (name: string) => string;
}

function fileUnderTest(t: TestContext, changes: Partial<RotatingFileOptions> = {}): FileUnderTest {
  const folder = temporaryFolder(t);
  const failures: string[] = [];
  const recoveries: number[] = [];
  const file = new RotatingFile({
    path: join(folder, 'x.log'),
    maxBytes: 100,
    backups: 3,
    onFailure: (_, cause) => failures.push(String(cause)),
    onRecovery: (_, dropped) => recoveries.push(dropped),
    ...changes,
  });
  t.after(() => file.close());
  return { file, folder, failures, recoveries, text: (name) => readFileSync(join(folder, name), 'utf8') };
}

/** Ten bytes. */
const line = (number: number): string => `line ${`${number}`.padStart(4, '0')}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join('');

test('a file never passes its limit, and the newest lines are in the lowest numbers', (t) => {
  const { file, folder, text } = fileUnderTest(t);
  for (let number = 1; number <= 25; number += 1) file.append(line(number), true);
  assert.equal(text('x.log'), lines(21, 25));
  assert.equal(text('x.1.log'), lines(11, 20));
  assert.equal(text('x.2.log'), lines(1, 10));
  assert.deepEqual(readdirSync(folder).toSorted(), ['x.1.log', 'x.2.log', 'x.log']);
});

test('a burst in one buffer is cut at the limit as single lines are', (t) => {
  const { file, text } = fileUnderTest(t);
  for (let number = 1; number <= 25; number += 1) file.append(line(number), false);
  file.flush();
  assert.equal(text('x.log'), lines(21, 25));
  assert.equal(text('x.2.log'), lines(1, 10));
});

test('only as many backups are kept as told', (t) => {
  const { file, folder, text } = fileUnderTest(t);
  for (let number = 1; number <= 95; number += 1) file.append(line(number), true);
  assert.deepEqual(readdirSync(folder).toSorted(), ['x.1.log', 'x.2.log', 'x.3.log', 'x.log']);
  assert.equal(text('x.3.log'), lines(61, 70));
});

test('with no backups a full file starts anew', (t) => {
  const { file, folder, text } = fileUnderTest(t, { backups: 0 });
  for (let number = 1; number <= 12; number += 1) file.append(line(number), true);
  assert.deepEqual(readdirSync(folder), ['x.log']);
  assert.equal(text('x.log'), lines(11, 12));
});

test('a gap in the numbers is filled, nothing past it moves', (t) => {
  const { file, folder, text } = fileUnderTest(t);
  for (let number = 1; number <= 35; number += 1) file.append(line(number), true);
  rmSync(join(folder, 'x.2.log'));
  for (let number = 36; number <= 41; number += 1) file.append(line(number), true);
  assert.equal(text('x.3.log'), lines(1, 10));
  assert.equal(text('x.2.log'), lines(21, 30));
  assert.equal(text('x.1.log'), lines(31, 40));
});

test('a line longer than the limit gets a file of its own', (t) => {
  const { file, text } = fileUnderTest(t);
  const long = `${'x'.repeat(500)}\n`;
  for (const each of [line(1), long, line(2)]) file.append(each, true);
  assert.equal(text('x.2.log'), line(1));
  assert.equal(text('x.1.log'), long);
  assert.equal(text('x.log'), line(2));
});

test('lines wait a second at most, 64 KB at most, and not at all when urgent', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { file, folder, text } = fileUnderTest(t, { maxBytes: 1_000_000 });
  file.append(line(1), false);
  t.mock.timers.tick(999);
  assert.equal(existsSync(join(folder, 'x.log')), false);
  t.mock.timers.tick(1);
  assert.equal(text('x.log'), line(1));
  file.append(line(2), false);
  file.append(line(3), true);
  assert.equal(text('x.log'), lines(1, 3));
  file.append(`${'x'.repeat(65_536)}\n`, false);
  assert.ok(text('x.log').length > 65_536);
});

test('a file that was moved away or removed is opened anew', (t) => {
  const { file, folder, text } = fileUnderTest(t);
  file.append(line(1), true);
  renameSync(join(folder, 'x.log'), join(folder, 'taken.log'));
  file.append(line(2), true);
  assert.equal(text('x.log'), line(2));
  assert.equal(text('taken.log'), line(1));
  rmSync(folder, { recursive: true });
  file.append(line(3), true);
  assert.equal(text('x.log'), line(3));
});

test('a second writer of the same file is seen: its bytes count, and its rotation is followed', (t) => {
  const { file, folder, text } = fileUnderTest(t);
  file.append(line(1), true);
  writeFileSync(join(folder, 'x.log'), lines(2, 9), { flag: 'a' });
  for (const number of [10, 11]) file.append(line(number), true);
  assert.deepEqual([text('x.1.log'), text('x.log')], [lines(1, 10), line(11)]);
  renameSync(join(folder, 'x.log'), join(folder, 'x.2.log'));
  writeFileSync(join(folder, 'x.log'), line(12));
  file.append(line(13), true);
  assert.deepEqual([text('x.2.log'), text('x.log')], [line(11), lines(12, 13)]);
});

test('a line that a crash cut is ended before the next one begins', (t) => {
  const { file, folder, text } = fileUnderTest(t);
  writeFileSync(join(folder, 'x.log'), '{"half":');
  file.append(line(1), true);
  file.append(line(2), true);
  assert.equal(text('x.log'), `{"half":\n${lines(1, 2)}`);
});

test('while the folder cannot be made, lines wait, the caller is told once, and all are written afterwards', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { file, folder, failures, recoveries, text } = brokenFolder(t);
  for (let number = 1; number <= 5; number += 1) file.append(line(number), true);
  t.mock.timers.tick(3_000);
  assert.equal(failures.length, 1);
  rmSync(join(folder, 'logs'));
  t.mock.timers.tick(1_000);
  assert.equal(text('logs/x.log'), lines(1, 5));
  assert.deepEqual([recoveries, file.dropped], [[0], 0]);
});

test('a long failure drops what does not fit into memory, counts it, and says how much at the end of it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { file, folder, failures, recoveries, text } = brokenFolder(t);
  for (let number = 1; number <= 9_000; number += 1) file.append(line(number), number % 2 === 0);
  assert.equal(file.dropped, 9_000 - 6_553);
  rmSync(join(folder, 'logs'));
  file.flush();
  assert.equal(text('logs/x.log'), lines(1, 6_553));
  assert.deepEqual([failures.length, recoveries], [1, [9_000 - 6_553]]);
});

test('closing during a failure counts what was waiting; lines after the end are counted, too', (t) => {
  const { file } = brokenFolder(t);
  file.append(line(1), true);
  file.append(line(2), true);
  file.close();
  assert.equal(file.dropped, 2);
  file.append(line(3), true);
  file.close();
  assert.equal(file.dropped, 3);
});

test('when the disk fills in the middle of a line, no whole line is lost or doubled', (t) => {
  const { file, failures, text } = fileUnderTest(t, { maxBytes: 1_000 });
  for (let number = 1; number <= 5; number += 1) file.append(line(number), false);
  const restore = limitDisk(t, 23);
  file.flush();
  assert.equal(failures.length, 1);
  restore();
  file.append(line(6), false);
  file.flush();
  assert.equal(text('x.log'), `${lines(1, 2)}lin\n${lines(3, 6)}`);
  assert.equal(file.dropped, 0);
});

test('when files cannot be rotated, the lines go past the limit and the caller is told once', (t) => {
  const { file, folder, failures, text } = fileUnderTest(t);
  mkdirSync(join(folder, 'x.1.log'));
  for (const number of ['2', '3']) mkdirSync(join(folder, `x.${number}.log`, 'not empty'), { recursive: true });
  for (let number = 1; number <= 25; number += 1) file.append(line(number), true);
  assert.equal(text('x.log'), lines(1, 25));
  assert.deepEqual([failures.length, file.dropped], [1, 0]);
});

test('whatever lines come, the kept files together are the last of them in order, none over the limit', (t) => {
  const { folder } = fileUnderTest(t);
  let run = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean()), { maxLength: 60 }),
      fc.integer({ min: 60, max: 200 }),
      fc.integer({ min: 1, max: 4 }),
      (input, maxBytes, backups) => {
        run += 1;
        const path = join(folder, `${run}`, 'x.log');
        const file = new RotatingFile({ path, maxBytes, backups, onFailure: assert.fail, onRecovery: assert.fail });
        const all = input.map(([length, urgent], index) => {
          const text = `${'x'.repeat(length - 1)}${index % 10}\n`.slice(-maxBytes);
          file.append(text, urgent);
          return text;
        });
        file.close();
        const names = [...Array.from({ length: backups }, (_, index) => `x.${backups - index}.log`), 'x.log'];
        const kept = names.filter((name) => existsSync(join(folder, `${run}`, name)));
        const texts = kept.map((name) => readFileSync(join(folder, `${run}`, name), 'utf8'));
        assert.ok(texts.every((text) => text.length <= maxBytes));
        assert.ok(all.join('').endsWith(texts.join('')));
        if (kept.length <= backups) assert.equal(texts.join(''), all.join(''));
      },
    ),
    { numRuns: 40 },
  );
});

/** A file whose folder's place is taken by a file named `logs`. */
function brokenFolder(t: TestContext): FileUnderTest {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'logs'), '');
  const made = fileUnderTest(t, { path: join(folder, 'logs', 'x.log'), maxBytes: 1_000_000 });
  return { ...made, folder, text: (name) => readFileSync(join(folder, name), 'utf8') };
}

/** Lets `bytes` more be written by this process, then answers as a full disk does. */
function limitDisk(t: TestContext, bytes: number): () => void {
  const real = fs.writeSync.bind(fs) as (descriptor: number, data: Buffer, offset: number, length: number) => number;
  let left = bytes;
  const mocked = t.mock.method(fs, 'writeSync', (descriptor: number, data: Buffer, offset = 0) => {
    if (left === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const written = real(descriptor, data, offset, Math.min(left, data.length - offset));
    left -= written;
    return written;
  });
  syncBuiltinESMExports();
  const restore = (): void => {
    mocked.mock.restore();
    syncBuiltinESMExports();
  };
  t.after(restore);
  return restore;
}
