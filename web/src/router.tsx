// The address of the page is its state: which view, and of what. Small, because there is one level of views.
import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';

export interface Address {
  readonly path: string;
  readonly params: URLSearchParams;
}

const listeners = new Set<() => void>();
const told = (): void => listeners.forEach((listen) => listen());
window.addEventListener('popstate', told);

export function navigate(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') window.history.pushState(null, '', href);
  else window.history.replaceState(null, '', href);
  if (how === 'push') window.scrollTo(0, 0);
  told();
}

export function useAddress(): Address {
  const href = useSyncExternalStore(
    (listen) => {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    () => `${window.location.pathname}${window.location.search}`,
  );
  const [path = '/', query = ''] = href.split('?');
  return { path, params: new URLSearchParams(query) };
}

/** An address with these parameters; what is empty is left out. */
export function to(path: string, params: Readonly<Record<string, string | undefined>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== '') query.set(name, value);
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Changes one parameter of the address and keeps the others. */
export function setParam({ path, params }: Address, name: string, value: string): void {
  navigate(to(path, { ...Object.fromEntries(params), [name]: value }), 'replace');
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string };

/** A link within the dashboard; with a key held down it is one like any other. */
export function Link({ href, ...rest }: LinkProps) {
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} {...rest} onClick={onClick} />;
}
