import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram, Registry } from 'prom-client';
import * as fc from 'fast-check';
import { PlainHistogram } from './plain-histogram.ts';

const bounds = [0.001, 0.25, 1, 5];
const terms = { name: 'some_seconds', help: 'Some time.', bounds };

/** The lines of a text by what they are, so that the order of labels does not matter. */
function linesOf(text: string): ReadonlyMap<string, number> {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(line.slice(0, at)) ?? assert.fail(line);
      return [`${name} ${labels.split(',').toSorted().join(',')}`, Number(line.slice(at + 1))] as const;
    }),
  );
}

test('it tells what the client of Prometheus tells', async () => {
  const values = fc.array(fc.oneof(fc.constantFrom(...bounds), fc.double({ min: 0, max: 10, noNaN: true })));
  await fc.assert(
    fc.asyncProperty(values, values, async (left, right) => {
      const registry = new Registry();
      const theirs = new Histogram({ ...terms, buckets: bounds, labelNames: ['side'], registers: [registry] });
      const ours = new PlainHistogram(terms);
      for (const [side, some] of Object.entries({ left, right })) {
        for (const value of some) {
          theirs.observe({ side }, value);
          ours.of({ side }).observe(value);
        }
      }
      assert.deepEqual(linesOf(ours.text()), linesOf(await registry.metrics()));
    }),
  );
});

test('a label may hold what its text has to escape', () => {
  const histogram = new PlainHistogram({ ...terms, bounds: [1] });
  histogram.of({ id: 'a"b\\c\nd' }).observe(2);
  histogram.of().observe(1);
  assert.equal(
    histogram.text(),
    [
      '# HELP some_seconds Some time.',
      '# TYPE some_seconds histogram',
      'some_seconds_bucket{id="a\\"b\\\\c\\nd",le="1"} 0',
      'some_seconds_bucket{id="a\\"b\\\\c\\nd",le="+Inf"} 1',
      'some_seconds_sum{id="a\\"b\\\\c\\nd"} 2',
      'some_seconds_count{id="a\\"b\\\\c\\nd"} 1',
      'some_seconds_bucket{le="1"} 1',
      'some_seconds_bucket{le="+Inf"} 1',
      'some_seconds_sum 1',
      'some_seconds_count 1',
    ].join('\n'),
  );
});
