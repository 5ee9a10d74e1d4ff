// Holds the catalogue of alerts against the pages that tell people of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { ALERTS, anchorOf, type AlertCode } from './catalogue.ts';

const DOCS = resolve(import.meta.dirname, '..', '..', '..', 'docs');
const CODES = Object.keys(ALERTS) as AlertCode[];

test('every alert has a section of the runbook at its anchor, and a row in the table of the guide', () => {
  const headings = readFileSync(join(DOCS, 'runbook.md'), 'utf8').match(/^### .+$/gm) ?? [];
  const anchors = headings.map((line) => line.slice(4).trim().toLowerCase().replaceAll(' ', '-'));
  const rows = readFileSync(join(DOCS, 'guides', 'alerts.md'), 'utf8').match(/^\| \[`[A-Z_]+`\]\(\S+\) .+\|$/gm) ?? [];
  for (const code of CODES) {
    assert.equal(anchors.filter((anchor) => anchor === anchorOf(code)).length, 1, `${code} in docs/runbook.md`);
    const row = rows.find((line) => line.startsWith(`| [\`${code}\`](../runbook.md#${anchorOf(code)})`));
    assert.ok(row !== undefined, `${code} in docs/guides/alerts.md`);
    assert.ok(row.includes(`| ${ALERTS[code].severity} `), row);
  }
  assert.equal(rows.length, CODES.length);
});
