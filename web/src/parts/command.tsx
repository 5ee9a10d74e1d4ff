// Ordering something: always with a reason, under a key of its own so that it is done once, and with the password again where
// the platform demands one that was just entered.
import { useEffect, useId, useRef, useState, type ReactNode, type SyntheticEvent } from 'react';
import { newKey } from '../api/client.ts';
import { refreshAll, useApi } from '../api/queries.ts';
import { needsPassword, refusalFor, signIn, useCaller, type Role } from './caller.ts';
import { goToKite } from './kite-sign-in.ts';

export interface CommandProps {
  readonly title: string;
  /** What will happen, for whoever is about to order it. */
  readonly children: ReactNode;
  readonly action: string;
  readonly role: Role;
  readonly stepUp?: boolean;
  readonly danger?: boolean;
  readonly run: (why: string, idempotencyKey: string) => Promise<unknown>;
  readonly onClose: () => void;
}

/** A modal dialog; the browser keeps the focus in it and closes it with Escape. */
export function Dialog({ title, onClose, children }: Pick<CommandProps, 'title' | 'onClose' | 'children'>) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} aria-labelledby={id} onCancel={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

export function CommandDialog(props: CommandProps) {
  const { title, children, role, onClose } = props;
  const caller = useCaller();
  const refusal = refusalFor(caller, role);
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-text">{children}</div>
      {refusal === undefined && caller !== undefined ? (
        <CommandForm {...props} name={caller.name} asksPassword={props.stepUp === true && needsPassword(caller)} />
      ) : (
        <>
          <p className="notice">{refusal}</p>
          <div className="dialog-actions">
            <button type="button" onClick={onClose} autoFocus>
              Close
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

type FormProps = CommandProps & { readonly name: string; readonly asksPassword: boolean };

function CommandForm({ action, danger, run, onClose, name, asksPassword }: FormProps) {
  const [why, setWhy] = useState('');
  const [password, setPassword] = useState('');
  const [asks] = useState(asksPassword);
  const [key] = useState(newKey);
  const { busy, error, start } = useRun(onClose);
  const { data: known } = useApi('GET /api/v1/auth/ways', {}, 60_000);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    start(async () => {
      if (asks) await signIn(name, password);
      await run(why.trim(), key);
    });
  };
  return (
    <form onSubmit={submit}>
      <label>
        Reason
        <input value={why} onChange={(event) => setWhy(event.target.value)} required maxLength={500} autoFocus />
        <small>Stands in the log beside your name, {name}.</small>
      </label>
      {asks ? (
        <label>
          Password of {name}
          <input
            type="password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            required
            autoComplete="current-password"
          />
          <small>Asked again, because this brings something up.</small>
          {known?.ways.includes('kite') === true ? (
            <button type="button" className="plain" onClick={() => start(goToKite)}>
              Or sign in with Kite again, and come back to this page
            </button>
          ) : null}
        </label>
      ) : null}
      {error === undefined ? null : (
        <p className="notice notice-bad" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className={danger === true ? 'danger' : 'primary'} disabled={busy || why.trim() === ''}>
          {busy ? 'Sending…' : action}
        </button>
      </div>
    </form>
  );
}

/** Does something once at a time and keeps what went wrong. */
export function useRun(done: () => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      refreshAll();
      // The platform takes an order before its next ticks, so what follows shows a moment later.
      setTimeout(refreshAll, 1_000);
      done();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  const start = (work: () => Promise<void>): void => void run(work);
  return { busy, error, start };
}

/** A button that opens the dialog of an order. */
export function CommandButton({ label, ...rest }: Omit<CommandProps, 'onClose'> & { readonly label: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={rest.danger === true ? 'danger-quiet' : ''} onClick={() => setOpen(true)}>
        {label}
      </button>
      {open ? <CommandDialog {...rest} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
