// What stands in the place of content that is not there: it is coming, there is none, or it could not be read. What was read
// before stays, with the time that it is of.
import type { ReactNode } from 'react';
import { clock } from '../format.ts';
import { useSignInNeeded } from '../session.ts';

interface Read<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

/** @param empty what is said when there is nothing to show */
export function Shown<Data>({
  of,
  children,
  empty,
}: {
  readonly of: Read<Data>;
  readonly children: (data: Data) => ReactNode;
  readonly empty?: ReactNode;
}) {
  const { data, error, dataUpdatedAt, refetch } = of;
  const mustSignIn = useSignInNeeded();
  if (data === undefined && error === null) return <p className="quiet loading">Reading…</p>;
  if (data === undefined) {
    return (
      <div className="notice notice-bad" role="alert">
        <p>{mustSignIn ? 'Sign in to see this.' : error?.message}</p>
        <button type="button" onClick={() => refetch()}>
          Ask again
        </button>
      </div>
    );
  }
  const isEmpty = Array.isArray(data) && data.length === 0;
  return (
    <>
      {error === null ? null : (
        <p className="stale">
          As of {clock(dataUpdatedAt)} IST. {error.message}
        </p>
      )}
      {isEmpty && empty !== undefined ? <p className="quiet empty">{empty}</p> : children(data)}
    </>
  );
}

/** One part of a page under a heading. */
export function Panel({
  title,
  aside,
  children,
  className = '',
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  return (
    <section className={`panel ${className}`} aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        {aside === undefined ? null : <div className="panel-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}
