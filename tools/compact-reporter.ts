// A test reporter for logs and pipes: one line a file, every failure and every skipped test in full, and node's own
// summary as the last lines. On a terminal node's spec reporter is used instead.
import { relative } from 'node:path';
import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

const summaryLine = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

export async function* compactReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) yield lineFor(event);
}

function lineFor(event: TestEvent): string {
  switch (event.type) {
    case 'test:fail':
      return describeFailure(event.data);
    case 'test:pass':
      return event.data.skip === undefined ? '' : `skipped: ${event.data.name} (${reasonOf(event.data.skip)})\n`;
    case 'test:summary':
      return event.data.file === undefined ? '' : describeFile(event.data.file, event.data);
    case 'test:diagnostic':
      return summaryLine.test(event.data.message) ? `# ${event.data.message}\n` : '';
    case 'test:stdout':
    case 'test:stderr':
      return event.data.message;
    default:
      return '';
  }
}

export function reasonOf(skip: string | boolean): string {
  return typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
}

/** A test that failed only because one inside it did is not told again. */
function describeFailure(data: EventData.TestFail): string {
  const error: unknown = data.details.error;
  if (error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed') return '';
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const place = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)}:${data.line ?? 1})`;
  const text = typeof cause === 'string' ? cause : inspect(cause);
  return `\nFAILED: ${data.name}${place}\n${text.replace(/^/gm, '  ')}\n\n`;
}

function describeFile(file: string, summary: EventData.TestSummary): string {
  const { tests } = summary.counts;
  const seconds = (summary.duration_ms / 1000).toFixed(1);
  return `${summary.success ? 'ok    ' : 'FAILED'} ${relative(process.cwd(), file)} (${tests} tests, ${seconds} s)\n`;
}
