// The way to Kite's login page and back. What proves that it is this tab's way lies in the tab, and is taken once.
import { call } from '../api/client.ts';
import { refreshAll } from '../api/queries.ts';
import { setToken } from '../session.ts';

const KEY = 'alpha-panda-kite-way';

interface Way {
  readonly state: string;
  readonly verifier: string;
  /** The page that the person came from. */
  readonly from: string;
}

/** Leaves for Kite, or throws `ApiError`. */
export async function goToKite(): Promise<void> {
  const { url, state, verifier } = await call('POST /api/v1/auth/kite/begin');
  const { pathname, search } = window.location;
  const from = pathname.startsWith('/sign-in/') ? '/' : `${pathname}${search}`;
  window.sessionStorage.setItem(KEY, JSON.stringify({ state, verifier, from } satisfies Way));
  window.location.assign(url);
}

/** Signs in with what Kite sent along; gives the page to go on with. Throws with what to do. */
export async function returnFromKite(params: URLSearchParams): Promise<string> {
  const kept = window.sessionStorage.getItem(KEY);
  window.sessionStorage.removeItem(KEY);
  const way = kept === null ? undefined : (JSON.parse(kept) as Way);
  const requestToken = params.get('request_token') ?? '';
  if (params.get('status') !== 'success' || requestToken === '') throw new Error('Kite signed nobody in. Try again.');
  if (way === undefined || way.state !== params.get('state')) {
    throw new Error('This sign-in did not begin in this tab. Begin it here.');
  }
  const body = { request_token: requestToken, state: way.state, verifier: way.verifier };
  const { access_token: token } = await call('POST /api/v1/auth/kite/token', { body });
  setToken(token);
  refreshAll();
  return way.from;
}
