// Whose credential is sent with every request. It lasts as long as the tab: another tab asks anew, and nothing is left behind.
import { useSyncExternalStore } from 'react';

const KEY = 'alpha-panda-token';
const listeners = new Set<() => void>();
let token: string | undefined = window.sessionStorage.getItem(KEY) ?? undefined;
let refused = false;

export function currentToken(): string | undefined {
  return token;
}

export function setToken(next: string | undefined): void {
  token = next;
  refused = false;
  if (next === undefined) window.sessionStorage.removeItem(KEY);
  else window.sessionStorage.setItem(KEY, next);
  for (const listen of listeners) listen();
}

/** Told when the platform asked who calls. */
export function credentialRefused(): void {
  if (refused) return;
  refused = true;
  for (const listen of listeners) listen();
}

function subscribe(listen: () => void): () => void {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Whether a person has to sign in. */
export function useSignInNeeded(): boolean {
  return useSyncExternalStore(subscribe, () => refused);
}

export function useToken(): string | undefined {
  return useSyncExternalStore(subscribe, () => token);
}
