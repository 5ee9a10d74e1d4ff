// The kill switch. Pulling it is one gesture, to hold the button or Shift+K for half a second, because what it does can only
// make things safer; letting go again needs a person with a reason and a password.
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, newKey } from '../api/client.ts';
import { refreshAll, useApi } from '../api/queries.ts';
import { refusalFor, useCaller } from './caller.ts';
import { CommandButton, Dialog, useRun } from './command.tsx';
import { stateOf } from './mode.tsx';

const HOLD_MS = 500;

/** Runs `done` when what began is not let go for a while. */
function useHold(done: () => void) {
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(done);
  latest.current = done;
  const end = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    setHolding(false);
  }, []);
  const begin = useCallback(() => {
    if (timer.current !== undefined) return;
    setHolding(true);
    timer.current = setTimeout(() => {
      end();
      latest.current();
    }, HOLD_MS);
  }, [end]);
  useEffect(() => end, [end]);
  return { holding, begin, end };
}

export function KillSwitch() {
  const caller = useCaller();
  const control = useApi('GET /api/v1/control', {}, 5_000);
  const [refusal, setRefusal] = useState<string>();
  const { busy, error, start } = useRun(() => undefined);
  const pull = (): void => {
    const refused = refusalFor(caller, 'operator');
    if (refused === undefined) start(kill);
    else setRefusal(refused);
  };
  const { holding, begin, end } = useHold(pull);
  useShortcut(begin, end);
  const lines = control.data?.items ?? [];
  const brokers = [...new Set(lines.map(({ broker }) => broker))];
  const halted = brokers.filter((broker) => stateOf(broker, lines) === 'halted');
  return (
    <div className="kill">
      {halted.length > 0 ? <Release brokers={halted} all={halted.length === brokers.length} /> : null}
      <button
        type="button"
        className={`kill-button ${holding ? 'holding' : ''}`}
        disabled={busy}
        title="Hold for half a second, or hold Shift+K: nothing more is sent in any namespace"
        onPointerDown={(event) => event.button === 0 && begin()}
        onPointerUp={end}
        onPointerLeave={end}
        onKeyDown={({ key }) => (key === ' ' || key === 'Enter') && begin()}
        onKeyUp={end}
        onBlur={end}
      >
        <span className="kill-fill" aria-hidden="true" />
        <span className="kill-text">{busy ? 'Killing…' : 'Hold to kill'}</span>
      </button>
      {error === undefined ? null : (
        <p className="kill-error" role="alert">
          Not killed: {error}
        </p>
      )}
      {refusal === undefined ? null : (
        <Dialog title="Kill switch" onClose={() => setRefusal(undefined)}>
          <p className="dialog-text">{refusal}</p>
          <p className="dialog-text">
            In a terminal: <code>npx alpha-panda kill</code>
          </p>
          <div className="dialog-actions">
            <button type="button" onClick={() => setRefusal(undefined)} autoFocus>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

async function kill(): Promise<void> {
  const body = { why: 'kill switch of the dashboard', flatten: false };
  await call('POST /api/v1/control/kill', { body }, { idempotencyKey: newKey() });
  refreshAll();
}

function Release({ brokers, all }: { readonly brokers: readonly string[]; readonly all: boolean }) {
  const names = all ? 'every namespace' : brokers.join(', ');
  return (
    <CommandButton
      label={
        <>
          Release<span className="wide"> {names}</span>
        </>
      }
      title={`Release ${names}`}
      action="Release"
      role="risk"
      stepUp
      run={async (why, idempotencyKey) => {
        if (all) return call('POST /api/v1/control/release', { body: { why } }, { idempotencyKey });
        return Promise.all(
          brokers.map(async (broker) =>
            call(
              'POST /api/v1/control/release',
              { body: { broker, why } },
              { idempotencyKey: `${idempotencyKey}-${broker}` },
            ),
          ),
        );
      }}
    >
      Orders are taken again in {names}. Say why that is safe now.
    </CommandButton>
  );
}

/** Shift+K, held, wherever nothing is being typed. */
function useShortcut(begin: () => void, end: () => void): void {
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const { target } = event;
      if (target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null) return;
      if (event.code === 'KeyK' && event.shiftKey && !event.repeat) begin();
    };
    const up = (event: KeyboardEvent): void => {
      if (event.code === 'KeyK' || event.key === 'Shift') end();
    };
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', end);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', end);
    };
  }, [begin, end]);
}
