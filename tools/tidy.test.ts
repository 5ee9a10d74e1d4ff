import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDocs } from './tidy/docs.ts';
import { describeFinding, type Finding } from './tidy/finding.ts';
import { checkImports } from './tidy/imports.ts';
import { checkShape } from './tidy/shape.ts';
import { readingsOf } from './tidy/source-text.ts';
import { checkWords } from './tidy/words.ts';

function imports(path: string, specifier: string): Finding[] {
  return checkImports({ path, text: `// Opening.\nimport { x } from '${specifier}';\n` });
}

function words(path: string, text: string): Finding[] {
  return checkWords({ path, text });
}

const refusedImports: readonly [path: string, specifier: string][] = [
  ['src/core/a.ts', 'zod'],
  ['src/core/a.ts', 'node:fs'],
  ['src/core/a.ts', '#wire/envelope.ts'],
  ['strategies/a.ts', 'node:os'],
  ['strategies/a.ts', '#ports/clock.ts'],
  ['src/wire/a.ts', '#ports/clock.ts'],
  ['src/ports/a.ts', '#engine/stage.ts'],
  ['src/engine/a.ts', '#adapters/sqlite/store.ts'],
  ['src/engine/a.ts', '#app/config.ts'],
  ['src/adapters/sqlite/a.ts', '#engine/stage.ts'],
  ['src/adapters/sqlite/a.ts', '#adapters/memory/store.ts'],
  ['src/adapters/sqlite/a.ts', '../memory/store.ts'],
  ['src/api/a.ts', '#adapters/sqlite/store.ts'],
  ['src/api/a.ts', '#app/config.ts'],
  ['src/cli/a.ts', '#adapters/sqlite/store.ts'],
  ['src/cli/a.ts', '#api/server.ts'],
  ['src/cli/a.ts', '#engine/stage.ts'],
  ['kite-simulator/a.ts', '#adapters/zerodha/decoder.ts'],
  ['kite-simulator/a.ts', '#core/risk/risk.ts'],
  ['src/engine/a.ts', '#kite-simulator/simulator.ts'],
  ['web/src/a.ts', '#core/decimal.ts'],
  ['examples/a.ts', '#engine/stage.ts'],
  ['src/app/a.ts', '../core/decimal.ts'],
  ['src/core/risk/a.ts', '#core/decimal.ts'],
];

for (const [path, specifier] of refusedImports) {
  test(`an import of ${specifier} in ${path} is refused`, () => {
    const [finding, ...others] = imports(path, specifier);
    assert.ok(finding);
    assert.deepEqual(others, []);
    assert.match(describeFinding(finding), new RegExp(`^${path}:2: found import of '${specifier}'\\. .{10}`));
  });
}

const acceptedImports: readonly [path: string, specifier: string][] = [
  ['src/core/risk/a.ts', '../decimal.ts'],
  ['src/core/a.test.ts', 'fast-check'],
  ['src/core/a.test.ts', '#wire/envelope.ts'],
  ['strategies/a.ts', '#core/strategy/strategy.ts'],
  ['src/wire/a.ts', 'zod'],
  ['src/engine/a.ts', 'node:crypto'],
  ['src/adapters/sqlite/log/a.ts', '../open.ts'],
  ['src/adapters/sqlite/a.ts', '#ports/store.ts'],
  ['src/app/a.ts', '#adapters/sqlite/store.ts'],
  ['src/app/a.ts', '#kite-simulator/simulator.ts'],
  ['src/cli/a.ts', '#api/contract.ts'],
  ['kite-simulator/a.ts', '#core/exchange/book.ts'],
  ['examples/a.ts', '#engine/stream-service.ts'],
  ['test/contracts/a.ts', '#adapters/sqlite/store.ts'],
  ['tools/bench/a.ts', '#app/backtest.ts'],
];

for (const [path, specifier] of acceptedImports) {
  test(`an import of ${specifier} in ${path} is accepted`, () => {
    assert.deepEqual(imports(path, specifier), []);
  });
}

test('an import is seen over several lines, as a re-export and when it is dynamic', () => {
  for (const statement of [
    "import {\n x,\n} from 'zod';",
    "export { x } from 'zod';",
    "import('zod')",
    "import 'zod';",
  ]) {
    assert.equal(checkImports({ path: 'src/core/a.ts', text: statement }).length, 1, statement);
  }
});

test('an import in a comment or in a string is none', () => {
  const text = `// import { x } from 'zod'\nconst s = "import { x } from 'zod'";\n`;
  assert.deepEqual(checkImports({ path: 'src/core/a.ts', text }), []);
});

test('a file of src outside every layer is refused', () => {
  assert.equal(checkImports({ path: 'src/helpers.ts', text: '' }).length, 1);
});

// The tree's own tidy reads this file too: a `~` keeps a refused word from being one until the test removes it.
const refusedWords: readonly [path: string, text: string][] = [
  ['src/core/a.ts', 'const t = Date.now();'],
  ['strategies/a.ts', 'const t = new Date(0);'],
  ['src/core/a.ts', 'const r = Math.random();'],
  ['src/core/a.ts', 'const e = process.env;'],
  ['src/core/a.ts', 'console.log(1);'],
  ['src/core/a.ts', "const p = parseFloat('1');"],
  ['src/core/a.ts', 'const v = await load();'],
  ['src/core/a.ts', 'export async function f() {}'],
  ['src/core/a.ts', 'names.sort((a, b) => a.localeCompare(b));'],
  ['src/engine/a.ts', 'setTimeout(f, 1);'],
  ['src/engine/a.ts', 'const t = Date.now();'],
  ['src/engine/a.ts', 'const t = new Date();'],
  ['src/engine/a.ts', "const name = 'kafka';"],
  ['src/core/a.test.ts', "test.only('x', f);"],
  ['src/core/a.test.ts', "test.skip('x', f);"],
  ['test/simulation/a.ts', "test.todo('x');"],
  ['src/core/a.test.ts', "test('x', { only: true }, f);"],
  ['src/app/a.ts', 'try { f(); } catch {}'],
  ['src/app/a.ts', 'try { f(); } catch (error) { /* fine */ }'],
  ['src/app/a.ts', 'f().catch(() => {});'],
  ['src/app/a.ts', 'function f(x: any) {}'],
  ['src/app/a.ts', 'const y = x as any;'],
  ['src/app/a.ts', 'const y: Map<any, string> = m;'],
  ['src/app/a.ts', '// @ts-i~gnore'],
  ['src/app/a.ts', 'export default 1;'],
  ['src/app/a.ts', 'export { x as default };'],
  ['README.md', 'T~ODO: write'],
  ['src/app/a.ts', '// F~IXME'],
  ['src/wire/a.ts', "const key = 'broker_n~amespace';"],
  ['docs/a.md', 'see /~work/main/src'],
  ['.ci/run', 'log=/~tmp/log'],
  ['package-lock.json', '"resolved": ~"https://packages.example/a.tgz"'],
  ['README.md', 'npm config set registry https://r~egistry.npmjs.org'],
];

for (const [path, text] of refusedWords) {
  test(`${path} is refused with: ${text}`, () => {
    const [finding, ...others] = words(path, `\n${text.replace('~', '')}\n`);
    assert.ok(finding, 'nothing was found');
    assert.deepEqual(others, []);
    assert.match(describeFinding(finding), /^\S+:2: found `.+`\. .{10}/);
  });
}

const acceptedWords: readonly [path: string, text: string][] = [
  ['src/core/a.ts', '// Never Date.now() or console.log here.'],
  ['src/core/a.ts', "const message = 'await the process.';"],
  ['src/core/a.ts', 'const steps = order.process.steps;'],
  ['src/core/a.test.ts', 'await run(); console.log(new Date());'],
  ['src/app/a.ts', 'const t = Date.now(); setTimeout(f, 1);'],
  ['src/engine/a.ts', '// Kafka does this differently.'],
  ['src/app/a.ts', 'try { f(); } catch (error) { report(error); }'],
  ['src/app/a.ts', 'const company: Company = x;'],
  ['test/support/a.ts', "t.skip('no data');"],
  ['src/app/a.ts', '// @ts-expect-error a price is not a quantity'],
  ['docs/a.md', 'see `src/core/decimal.ts` and https://example.org/home/page'],
];

for (const [path, text] of acceptedWords) {
  test(`${path} is accepted with: ${text}`, () => {
    assert.deepEqual(words(path, `${text}\n`), []);
  });
}

test('a file over 400 lines is refused, a test of that length is not', () => {
  const text = `// Opening.\n${'x;\n'.repeat(400)}`;
  assert.equal(checkShape({ path: 'src/app/a.ts', text }).length, 1);
  assert.deepEqual(checkShape({ path: 'src/app/a.test.ts', text }), []);
  assert.deepEqual(checkShape({ path: 'src/app/a.ts', text: text.slice(0, -3) }), []);
});

test('a source file without an opening comment is refused', () => {
  assert.equal(checkShape({ path: 'tools/a.ts', text: 'x;\n' }).length, 1);
  assert.deepEqual(checkShape({ path: 'tools/a.ts', text: '// What lives here.\nx;\n' }), []);
});

test('a document that names a missing path is refused, in code marks and in a link', () => {
  const there = new Set(['src/core', 'src/core/decimal.ts', 'docs/guides/add.md']);
  const check = (path: string, text: string): Finding[] => checkDocs({ path, text }, (name) => there.has(name));
  assert.equal(check('README.md', 'see `src/core/gone.ts`').length, 1);
  assert.equal(check('docs/a.md', '[add](guides/gone.md)').length, 1);
  assert.deepEqual(check('README.md', 'see `src/core/decimal.ts:12`, `src/core/*.ts`, `src/core/` and `npm test`'), []);
  assert.deepEqual(check('docs/a.md', '[add](guides/add.md#first) [out](../../shared/x.md) [web](https://x.org)'), []);
});

test('the readings blank comments and quoted text and keep every other character in place', () => {
  const text = "a('x', `t${b /* c */}u`, /[/'\"]/g); // d\ne / f;";
  const { code, uncommented } = readingsOf(text);
  assert.equal(code, "a(' ', ` ${b        } `, /     /g);     \ne / f;");
  assert.equal(uncommented, "a('x', `t${b        }u`, /[/'\"]/g);     \ne / f;");
});
