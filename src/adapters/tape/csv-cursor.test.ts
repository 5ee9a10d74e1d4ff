import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { csv, HEADER, JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { type ByteSource } from './byte-source.ts';
import { CsvCursor, LINE_BYTES_MAX } from './csv-cursor.ts';
import { FeedError } from './feed-error.ts';
import { advanceFully, noneRefused } from './tape-cursor.ts';

const A = '2021-06-11 10:00:00,100.05,1';
const LATER = '2021-06-11 10:00:01,100.05,1';
const EARLIER = '2021-06-11 09:59:59,100.05,1';
const NO_TIME = '1970-01-01 05:30:00,100.05,1';
const NO_PRICE = '2021-06-11 10:00:00,0,1';
const CLOSED = '2021-06-12 10:00:00,100.05,1';

/** A content in pieces of the given sizes, the last one repeating. */
function pieces(content: string, sizes: readonly number[], end: 'ended' | FeedError): ByteSource {
  const bytes = Buffer.from(content, 'latin1');
  let at = 0;
  let turn = 0;
  return {
    next: async () => {
      if (at >= bytes.length) return end;
      const size = sizes[Math.min(turn++, sizes.length - 1)] ?? bytes.length;
      const piece = bytes.subarray(at, at + size);
      at += size;
      return piece;
    },
    close: async () => assert.ok(true),
  };
}

interface Outcome {
  readonly rows: readonly string[];
  readonly state: string;
  readonly consumed: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly failure: FeedError | undefined;
}

async function outcomeOf(
  content: string,
  sizes: readonly number[] = [1e9],
  end: 'ended' | FeedError = 'ended',
): Promise<Outcome> {
  const source = pieces(content, sizes, end);
  const options = { label: 'TCS', order: 0, path: 'TCS.csv', segment: 'NSE', calendar: JUNE_2021, source };
  const cursor = new CsvCursor(options);
  const rows: string[] = [];
  let state = await advanceFully(cursor);
  for (; state === 'row'; state = await advanceFully(cursor)) {
    assert.equal(cursor.consumed, cursor.row - 1);
    rows.push(`${cursor.row} ${cursor.time} ${cursor.price} ${cursor.volume}`);
  }
  await cursor.close();
  return { rows, state, consumed: cursor.consumed, refused: cursor.refused, failure: cursor.failure };
}

async function refusedOf(...rows: string[]): Promise<Readonly<Record<string, number>>> {
  const { refused, rows: used, consumed, state } = await outcomeOf(csv(rows));
  assert.equal(state, 'ended');
  assert.equal(consumed, rows.length);
  return { ...refused, used: used.length };
}

test('Each reason to refuse a row is counted, in the order in which the reasons are tested', async () => {
  const none = { ...noneRefused(), used: 1 };
  assert.deepEqual(await refusedOf(A), none);
  assert.deepEqual(await refusedOf(A, NO_TIME, '1970-01-01 05:30:00,0,1'), { ...none, bad_time: 2 });
  assert.deepEqual(await refusedOf(A, NO_PRICE, '2021-06-12 10:00:00,0,1'), { ...none, bad_price: 2 });
  assert.deepEqual(await refusedOf(A, CLOSED, CLOSED), { ...none, out_of_session: 2 });
  assert.deepEqual(await refusedOf(A, A, A), { ...none, duplicate: 2 });
  assert.deepEqual(await refusedOf(A, EARLIER), { ...none, out_of_order: 1 });
  assert.deepEqual(await refusedOf(A, EARLIER, EARLIER), { ...none, out_of_order: 1, duplicate: 1 });
});

test('A duplicate is compared with the row before, whatever became of that one, and with no other', async () => {
  assert.deepEqual(await refusedOf(A, NO_TIME, A), { ...noneRefused(), used: 2, bad_time: 1 });
  assert.deepEqual(await refusedOf(A, `${A}0`, A), { ...noneRefused(), used: 3 });
  assert.deepEqual(await refusedOf(LATER, LATER), { ...noneRefused(), used: 1, duplicate: 1 });
});

test('A refused row moves nothing: order is judged against the last used row', async () => {
  const far = '2021-06-11 15:30:00,100.05,1';
  assert.deepEqual(await refusedOf(A, far, NO_PRICE, LATER), {
    ...noneRefused(),
    used: 2,
    bad_price: 1,
    out_of_session: 1,
  });
});

test('A session includes its first instant and excludes its last, and pre-open rows are used', async () => {
  const rows = ['08:59:59', '09:00:00', '09:15:00', '15:29:59', '15:30:00'].map((at) => `2021-06-11 ${at},1,1`);
  assert.deepEqual(await refusedOf(...rows), { ...noneRefused(), used: 3, out_of_session: 2 });
});

test('A blank last line is no row, a blank line before another is one, and the last line needs no end', async () => {
  const used = async (content: string) => {
    const { rows, refused } = await outcomeOf(content);
    return [rows.length, refused['bad_time']];
  };
  assert.deepEqual(await used(HEADER), [0, 0]);
  assert.deepEqual(await used(`${HEADER}\n`), [0, 0]);
  assert.deepEqual(await used(`${HEADER}\n${A}`), [1, 0]);
  assert.deepEqual(await used(`${HEADER}\n${A}\n\n`), [1, 0]);
  assert.deepEqual(await used(`${HEADER}\n${A}\n\n${LATER}\n`), [2, 1]);
  assert.deepEqual(await used(`${HEADER}\r\n${A}\r\n${LATER}\r\n\r\n`), [2, 0]);
});

test('A day outside the calendar ends the file with the sentence of the calendar, after its rows', async () => {
  const { rows, state, consumed, failure } = await outcomeOf(csv([A, NO_TIME, '2031-06-11 10:00:00,1,1', LATER]));
  assert.deepEqual([rows.length, state, consumed], [1, 'failed', 2]);
  assert.equal(failure?.code, 'TAPE_OUTSIDE_CALENDAR');
  assert.match(failure?.message ?? '', /row 3 of the tape TCS\.csv .*june-2021\.json covers 2021-06-01 to 2021-06-30/);
  const refused = await outcomeOf(csv(['2031-06-11 10:00:00,0,1']));
  assert.deepEqual([refused.state, refused.refused['bad_price']], ['ended', 1]);
});

test('Damage ends the file after the last whole row', async () => {
  const damage = new FeedError('TAPE_DAMAGED', 'torn');
  const { rows, state, consumed, failure } = await outcomeOf(`${csv([A, NO_TIME])}${LATER.slice(0, 25)}`, [7], damage);
  assert.deepEqual([rows.length, state, consumed, failure], [1, 'failed', 2, damage]);
});

test('A line without an end is refused and not gathered for ever, however it comes', async () => {
  for (const size of [1_000, LINE_BYTES_MAX, 1e9]) {
    const { rows, failure } = await outcomeOf(`${csv([A])}${'x'.repeat(LINE_BYTES_MAX + 1)}\n${LATER}\n`, [size]);
    assert.deepEqual([rows.length, failure?.code], [1, 'TAPE_DAMAGED']);
    assert.match(failure?.message ?? '', /TCS\.csv has no line end within 65536 bytes after row 1/);
  }
});

test('What a file says does not depend on the sizes of its pieces', async () => {
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(A, LATER, EARLIER, NO_TIME, NO_PRICE, CLOSED, `${A}\r`) },
    { weight: 1, arbitrary: fc.constantFrom('', '\r', ',', 'x'.repeat(300), '2031-01-01 00:00:00,1,1') },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.constantFrom('\n', ''),
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 20 }),
      async (lines, last, sizes) => {
        const content = [HEADER, ...lines].join('\n') + last;
        assert.deepEqual(await outcomeOf(content, sizes), await outcomeOf(content));
      },
    ),
    { numRuns: 300 },
  );
});
