// Signing in with a name and a password of the platform.
import { useState, type SyntheticEvent } from 'react';
import { READS_ONLY, signIn } from './caller.ts';
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
