import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  divideHalfUp,
  formatDecimal,
  money,
  multiplyDivide,
  multiplyDivideFloor,
  notional,
  parseDecimal,
  parsePercent,
  parseRate,
  price,
  quantity,
  roundHalfUpTo,
  share,
  type Ppm,
} from './decimal.ts';
import { InvariantError } from './invariant.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const anyAmount = fc.maxSafeInteger();
const anyDivisor = fc.integer({ min: 1, max: MAX });

/** The same division in exact integers of any size. */
function halfUpReference(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

function floorReference(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator < 0n && numerator % denominator !== 0n ? quotient - 1n : quotient;
}

function isSafe(value: bigint): boolean {
  return value <= BigInt(MAX) && value >= -BigInt(MAX);
}

/** The function agrees with the reference, and refuses exactly what no safe integer holds. */
function agrees(compute: () => number, reference: bigint): void {
  if (isSafe(reference)) assert.equal(BigInt(compute()), reference);
  else assert.throws(compute, InvariantError);
}

describe('amounts', () => {
  test('a safe integer becomes a price, an amount or a quantity as it is', () => {
    for (const brand of [price, money, quantity]) {
      for (const value of [0, -1, MAX, -MAX]) assert.equal(brand(value), value);
    }
  });

  test('anything else stops the program and says what was expected', () => {
    for (const brand of [price, money, quantity]) {
      for (const value of [0.5, NaN, Infinity, MAX + 1, -MAX - 1]) assert.throws(() => brand(value), InvariantError);
    }
    assert.throws(() => price(0.5), { message: 'a price is a safe integer of 1/10000 rupee, found 0.5' });
    assert.throws(() => money(NaN), { message: 'an amount is a safe integer of 1/10000 rupee, found NaN' });
    assert.throws(() => quantity(1.5), { message: 'a quantity is a safe integer, found 1.5' });
  });

  test('the value of an order is price times quantity, and one that cannot be counted stops the program', () => {
    assert.equal(notional(price(1_000_500), quantity(3)), 3_001_500);
    assert.equal(notional(price(1_000_500), quantity(-3)), -3_001_500);
    assert.throws(() => notional(price(1_000_000), quantity(MAX)), InvariantError);
  });
});

describe('rounding', () => {
  test('half goes away from zero', () => {
    const rounded = [1, 2, 3, 4, 5, 6, 7].map((numerator) => divideHalfUp(numerator, 4));
    assert.deepEqual(rounded, [0, 1, 1, 1, 1, 2, 2]);
    const below = [1, 2, 3, 4, 5, 6, 7].map((numerator) => divideHalfUp(-numerator, 4));
    assert.deepEqual(below, [0, -1, -1, -1, -1, -2, -2]);
  });

  test('what rounds to nothing is zero, not minus zero', () => {
    assert.ok(Object.is(divideHalfUp(-1, 10), 0));
    assert.ok(Object.is(divideHalfUp(0, 10), 0));
    assert.ok(Object.is(multiplyDivide(-1, 1, 10), 0));
  });

  test('division equals the reference for every safe integer', () => {
    fc.assert(
      fc.property(anyAmount, anyDivisor, (numerator, denominator) => {
        assert.equal(
          BigInt(divideHalfUp(numerator, denominator)),
          halfUpReference(BigInt(numerator), BigInt(denominator)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test('division is exact where the doubled numerator and the divisor together pass 2^53', () => {
    const half = (MAX - 1) / 2;
    for (const [numerator, denominator] of [
      [half, MAX],
      [half + 1, MAX],
      // Just below a half, where the doubled sum is odd and no double holds it.
      [4_503_599_595_035_995, 100_000_001],
      [MAX, 2],
      [-MAX, 2],
      [MAX, 1],
      [MAX, MAX],
    ] as const) {
      const expected = halfUpReference(BigInt(numerator), BigInt(denominator));
      assert.equal(BigInt(divideHalfUp(numerator, denominator)), expected, `${numerator} / ${denominator}`);
    }
  });

  test('products equal the reference, also beyond 2^53', () => {
    let wide = 0;
    const factor = fc.oneof(fc.integer({ min: -2_000_000, max: 2_000_000 }), anyAmount);
    fc.assert(
      fc.property(factor, factor, fc.oneof(fc.constantFrom(1, 3, 1_000_000), anyDivisor), (a, b, denominator) => {
        const product = BigInt(a) * BigInt(b);
        if (!isSafe(product)) wide++;
        agrees(() => multiplyDivide(a, b, denominator), halfUpReference(product, BigInt(denominator)));
        agrees(() => multiplyDivideFloor(a, b, denominator), floorReference(product, BigInt(denominator)));
      }),
      { numRuns: 2_000 },
    );
    assert.ok(wide > 200, `only ${wide} products were wide`);
  });

  test('the floor of a negative product lies below it', () => {
    assert.equal(multiplyDivideFloor(-1, 1, 10), -1);
    assert.equal(multiplyDivideFloor(-10, 1, 10), -1);
    assert.equal(multiplyDivideFloor(-MAX, 3, 4), -6_755_399_441_055_744);
  });

  test('a result that no safe integer holds stops the program and shows it', () => {
    assert.throws(() => multiplyDivide(MAX, 2, 1), {
      message: `the result ${2n * BigInt(MAX)} leaves the safe integer range`,
    });
    assert.throws(() => multiplyDivideFloor(MAX, 2, 1), InvariantError);
  });

  test('a share is in parts per million', () => {
    assert.equal(share(1_000_000, 500 as Ppm), 500);
    assert.equal(share(1_000, 500 as Ppm), 1, 'half a unit rounds up');
    assert.equal(share(-1_000, 500 as Ppm), -1);
    assert.equal(share(999, 500 as Ppm), 0);
  });
});

describe('rates', () => {
  test('a percentage is read into parts per billion, down to a rupee in a crore and less', () => {
    const read = ['0', '0.00307', '0.0001', '0.0000001', '18', '100', '100.0000000'].map(parseRate);
    assert.deepEqual(read, [0, 30_700, 1_000, 1, 180_000_000, 1_000_000_000, 1_000_000_000]);
  });

  test('anything else is not a rate', () => {
    for (const text of ['', '-1', '.1', '1.', '0.00000001', '100.0000001', '101', '1e2', ' 1']) {
      assert.equal(parseRate(text), undefined, JSON.stringify(text));
    }
  });

  test('an amount is rounded to the nearest multiple, half away from zero', () => {
    assert.deepEqual(
      [149, 150, -150, -149, 0].map((amount) => roundHalfUpTo(amount, 100)),
      [100, 200, -200, -100, 0],
    );
  });
});

describe('decimal text', () => {
  test('it is read exactly', () => {
    const read: readonly (readonly [string, number])[] = [
      ['0', 0],
      ['-0', 0],
      ['-0.0000', 0],
      ['1', 10_000],
      ['1.5', 15_000],
      ['0.0001', 1],
      ['-0.0001', -1],
      ['1650.05', 16_500_500],
      ['007.10', 71_000],
      ['900719925474.0991', MAX],
      ['-900719925474.0991', -MAX],
    ];
    for (const [text, units] of read) assert.ok(Object.is(parseDecimal(text), units), text);
  });

  test('anything else is not a decimal', () => {
    const refused = ['', '-', '.', '.5', '5.', '+5', '1e3', '1,000', ' 1', '1 ', '1\n', '1.00001', '--1', '0x10', '१'];
    for (const text of [...refused, 'NaN', 'Infinity', '1.2.3', '1.-2', '1234567890123']) {
      assert.equal(parseDecimal(text), undefined, JSON.stringify(text));
    }
  });

  test('more than a safe integer of units is refused rather than rounded', () => {
    for (const text of ['900719925474.0992', '-900719925474.0992', '999999999999.9999']) {
      assert.equal(parseDecimal(text), undefined, text);
    }
  });

  test('it is written with two decimals, or four when they are needed', () => {
    const written: readonly (readonly [number, string])[] = [
      [0, '0.00'],
      [-0, '0.00'],
      [1_000_000, '100.00'],
      [1_000_500, '100.05'],
      [-31_425, '-3.1425'],
      [1, '0.0001'],
      [-1, '-0.0001'],
      [-100, '-0.01'],
      [110, '0.0110'],
      [MAX, '900719925474.0991'],
    ];
    for (const [units, text] of written) assert.equal(formatDecimal(units), text);
  });

  test('what was written is read back as the same amount', () => {
    fc.assert(
      fc.property(anyAmount, (units) => {
        assert.equal(parseDecimal(formatDecimal(units)), units === 0 ? 0 : units);
      }),
      { numRuns: 1_000 },
    );
  });

  test('what was read is written in the one way there is', () => {
    const digits = (most: number) =>
      fc.string({ unit: fc.integer({ min: 0, max: 9 }).map(String), minLength: 1, maxLength: most });
    const texts = fc.tuple(fc.boolean(), digits(11), fc.option(digits(4), { nil: undefined }));
    fc.assert(
      fc.property(texts, ([negative, whole, fraction]) => {
        const text = `${negative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`;
        const units = parseDecimal(text);
        assert.ok(units !== undefined);
        const written = formatDecimal(units);
        assert.match(written, /^-?\d+\.(?:\d\d|\d\d(?!00)\d\d)$/);
        assert.equal(Number(written), Number(text) === 0 ? 0 : Number(text));
      }),
    );
  });

  test('a percentage is read into parts per million', () => {
    assert.equal(parsePercent('0.05'), 500);
    assert.equal(parsePercent('101'), 1_010_000);
    assert.equal(parsePercent('0.0001'), 1);
    assert.equal(parsePercent('5%'), undefined);
  });
});
