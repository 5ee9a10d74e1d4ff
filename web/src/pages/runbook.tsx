// A section of the runbook, as docs/runbook.md has it: what an alert means, and what to do.
import { Fragment } from 'react';
import runbook from '../../../docs/runbook.md?raw';
import { useParam } from '../parts/filters.tsx';
import { Panel } from '../parts/states.tsx';
import { Link, to } from '../router.tsx';

/** Every section by its heading. */
const SECTIONS: ReadonlyMap<string, string> = new Map(
  runbook
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.split('\n', 1)[0] ?? '', text.slice(text.indexOf('\n')).split(/^## /m)[0] ?? '']),
);

export function Runbook() {
  const code = useParam('code');
  const text = code === undefined ? undefined : SECTIONS.get(code);
  return (
    <>
      <h1>Runbook</h1>
      {text === undefined ? null : (
        <Panel title={code ?? ''}>
          <div className="prose panel-body">{blocksOf(text)}</div>
        </Panel>
      )}
      <Panel title="Every alert">
        <ul className="runbook-codes panel-body">
          {[...SECTIONS.keys()].map((each) => (
            <li key={each}>
              <Link href={to('/runbook', { code: each })} aria-current={each === code ? 'true' : undefined}>
                {each}
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

/** Paragraphs and lists; a section has nothing else. */
function blocksOf(text: string) {
  const blocks = text.trim().split(/\n\n+/);
  return blocks.map((block, at) => {
    if (!block.startsWith('- ')) return <p key={at}>{inline(block)}</p>;
    return (
      <ul key={at}>
        {block
          .split(/^- /m)
          .slice(1)
          .map((item) => (
            <li key={item}>{inline(item)}</li>
          ))}
      </ul>
    );
  });
}

/** Code in backticks; of a link the words, because what it leads to is not served. */
function inline(text: string) {
  const plain = text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1');
  return plain.split('`').map((part, at) => <Fragment key={at}>{at % 2 === 1 ? <code>{part}</code> : part}</Fragment>);
}
