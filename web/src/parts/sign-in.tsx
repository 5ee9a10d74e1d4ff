// Signing in with a name and a password of the platform, or at Kite where the platform takes that.
import { useState, type SyntheticEvent } from 'react';
import { useApi } from '../api/queries.ts';
import { READS_ONLY, signIn } from './caller.ts';
import { goToKite } from './kite-sign-in.ts';
import { Dialog, useRun } from './command.tsx';

export function SignIn({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { busy, error, start } = useRun(onClose);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    start(async () => signIn(name, password));
  };
  if (isOpen) {
    return (
      <Dialog title="This page only reads" onClose={onClose}>
        <p className="dialog-text">{READS_ONLY}</p>
        <div className="dialog-actions">
          <button type="button" onClick={onClose} autoFocus>
            Close
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Sign in" onClose={onClose}>
      <ThroughKite />
      <form onSubmit={submit}>
        <label>
          Name
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            autoFocus
            autoComplete="username"
          />
        </label>
        <label>
          Password
          <input
            type="password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            required
            autoComplete="current-password"
          />
        </label>
        {error === undefined ? (
          <small>A user is added in a terminal: npx alpha-panda users add NAME --role ROLE</small>
        ) : (
          <p className="notice notice-bad" role="alert">
            {error}
          </p>
        )}
        <div className="dialog-actions">
          <button type="submit" className="primary" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Nothing where the platform takes passwords alone. */
function ThroughKite() {
  const { busy, error, start } = useRun(() => undefined);
  const { data: known } = useApi('GET /api/v1/auth/ways', {}, 60_000);
  if (known?.ways.includes('kite') !== true) return null;
  return (
    <div className="sign-in-kite">
      <button type="button" className="primary" disabled={busy} onClick={() => start(goToKite)}>
        {busy ? 'To Kite…' : 'Sign in with Kite'}
      </button>
      {error === undefined ? null : (
        <p className="notice notice-bad" role="alert">
          {error}
        </p>
      )}
      <p className="dialog-text">Or with a name and a password of the platform:</p>
    </div>
  );
}
