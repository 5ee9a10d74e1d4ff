// Messages that could not be handled: why, what they said, and sending one again, as it came or with a field put right.
import { useState } from 'react';
import { call } from '../api/client.ts';
import { CommandButton } from '../parts/command.tsx';
import { BrokerChoice, Choice, useParam } from '../parts/filters.tsx';
import { useLetters, type Letter } from '../parts/letters.ts';
import { Panel, Shown } from '../parts/states.tsx';
import { Time } from '../parts/values.tsx';
import { instant, words } from '../format.ts';

export function DeadLetters() {
  const letters = useLetters(useParam('broker'));
  const state = useParam('state') ?? 'open';
  const shown = letters.data?.filter(
    ({ settled }) => state === 'all' || (state === 'open') === (settled === undefined),
  );
  return (
    <>
      <div className="page-head">
        <h1>Dead letters</h1>
        <div className="filters">
          <BrokerChoice />
          <Choice name="state" label="State" all="Open ones" values={['settled', 'all']} />
        </div>
      </div>
      <Panel title={`${shown?.length ?? 0} letters, newest first (IST)`}>
        <Shown of={{ ...letters, data: shown }} empty="No message waits to be settled.">
          {(items) => (
            <ol className="letters">
              {items.map((letter) => (
                <LetterItem key={`${letter.topic} ${letter.offset}`} letter={letter} />
              ))}
            </ol>
          )}
        </Shown>
      </Panel>
    </>
  );
}

function LetterItem({ letter }: { readonly letter: Letter }) {
  const { topic, offset, at, code, cause, message, settled } = letter;
  return (
    <li>
      <div className="letter-head">
        <Time at={at} exact />
        <b>{words(code)}</b>
        <span className="quiet">
          {topic} {offset}
        </span>
      </div>
      <p>{cause}</p>
      <details>
        <summary>The message as it came</summary>
        <pre>{pretty(message)}</pre>
      </details>
      {settled === undefined ? (
        <LetterActions letter={letter} />
      ) : (
        <p className="quiet">
          <span className="tag tag-plain">{words(settled.settlement)}</span> by {settled.who} on {instant(settled.at)}:{' '}
          {settled.why}
        </p>
      )}
    </li>
  );
}

function LetterActions({ letter: { topic, offset } }: { readonly letter: Letter }) {
  const [fixes, setFixes] = useState('');
  const set = fixes.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  return (
    <div className="actions">
      <CommandButton
        label="Replay"
        title="Replay a dead letter"
        action="Replay"
        role="operator"
        run={async (why, idempotencyKey) =>
          call('POST /api/v1/dead-letters/replay', { body: { topic, offsets: [offset], set, why } }, { idempotencyKey })
        }
      >
        The message goes onto its topic again and passes everything that a new one passes.
        <label className="fixes">
          Change first, one a line
          <textarea
            value={fixes}
            rows={2}
            placeholder="data.quantity=10"
            onChange={(event) => setFixes(event.target.value)}
          />
        </label>
      </CommandButton>
      <CommandButton
        label="Discard"
        title="Discard a dead letter"
        action="Discard"
        role="operator"
        run={async (why, idempotencyKey) =>
          call('POST /api/v1/dead-letters/discard', { body: { topic, offsets: [offset], why } }, { idempotencyKey })
        }
      >
        It needs nothing more. The letter stays in the log with your name and reason.
      </CommandButton>
    </div>
  );
}

function pretty(message: string): string {
  try {
    return JSON.stringify(JSON.parse(message), undefined, 2);
  } catch {
    // What is no JSON is shown as it came; that may be why it lies here.
    return message;
  }
}
