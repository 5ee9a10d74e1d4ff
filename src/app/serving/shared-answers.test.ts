import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SharedAnswers } from './shared-answers.ts';

describe('shared answers', () => {
  test('are worked out once for all who ask at the same moment, and anew when what they were read from has moved', async () => {
    const shared = new SharedAnswers();
    let worked = 0;
    const ask = async (question: string, state: string): Promise<string> =>
      shared.ask(question, state, async () => {
        const mine = ++worked;
        await Promise.resolve();
        return `${question} ${mine}`;
      });
    assert.deepEqual(await Promise.all([ask('a', '1'), ask('a', '1'), ask('b', '1')]), ['a 1', 'a 1', 'b 2']);
    assert.deepEqual([await ask('a', '1'), await ask('a', '2'), await ask('a', '2')], ['a 1', 'a 3', 'a 3']);
  });

  test('that fail are told to all who wait, and tried again by the next', async () => {
    const shared = new SharedAnswers();
    let fails = true;
    const ask = async (): Promise<string> =>
      shared.ask('a', '1', async () => {
        if (fails) throw new Error('the store is away');
        return 'there';
      });
    const both = await Promise.allSettled([ask(), ask()]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    fails = false;
    assert.equal(await ask(), 'there');
  });

  test('of many questions are not all kept', async () => {
    const shared = new SharedAnswers();
    let worked = 0;
    const ask = async (question: string): Promise<number> => shared.ask(question, '1', async () => ++worked);
    for (let k = 0; k < 65; k++) await ask(`${k}`);
    await ask('64');
    assert.equal(worked, 65);
    await ask('0');
    assert.equal(worked, 66);
  });
});
