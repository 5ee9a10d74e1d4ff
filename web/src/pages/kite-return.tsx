// Where Kite sends a person back to. The address has a token in it, so it is replaced before anything else.
import { useEffect, useState } from 'react';
import { Link, navigate } from '../router.tsx';
import { returnFromKite } from '../parts/kite-sign-in.ts';

/** What the page was opened with. It is read once, because the way back is good once. */
let arrived: Promise<string> | undefined;

export function KiteReturn() {
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (arrived === undefined) {
      const params = new URLSearchParams(window.location.search);
      window.history.replaceState(null, '', window.location.pathname);
      arrived = returnFromKite(params);
    }
    arrived.then(
      (from) => navigate(from, 'replace'),
      (why: unknown) => setError(why instanceof Error ? why.message : String(why)),
    );
  }, []);
  if (error === undefined) return <p className="quiet loading">Signing in…</p>;
  return (
    <>
      <h1>Sign in with Kite</h1>
      <p className="notice notice-bad" role="alert">
        {error} <Link href="/">To the overview</Link>
      </p>
    </>
  );
}
