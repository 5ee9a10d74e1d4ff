// The frame around every page: where one can go, whether what is seen is live, who is signed in, and the kill switch.
import {
  lazy,
  Suspense,
  useDeferredValue,
  useEffect,
  useRef,
  useState,
  type ComponentType,
  type ReactNode,
} from 'react';
import { useLive } from './api/live.tsx';
import { call } from './api/client.ts';
import { queryClient, useApi } from './api/queries.ts';
import { clock } from './format.ts';
import { renew, useCaller } from './parts/caller.ts';
import { KillSwitch } from './parts/kill-switch.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { Overview } from './pages/overview.tsx';
import { Link, navigate, useAddress } from './router.tsx';
import { setToken, useSignInNeeded } from './session.ts';
import { ThemeButton } from './theme.tsx';

interface View {
  readonly path: string;
  readonly name: string;
  /** Pressed after `g`. */
  readonly key: string;
  readonly page: ComponentType;
  readonly hidden?: boolean;
}

/** A page whose code is fetched when it is opened. */
function later<Name extends string>(load: () => Promise<Readonly<Record<Name, () => ReactNode>>>, name: Name) {
  return lazy(async () => {
    const page: () => ReactNode = (await load())[name];
    return { default: page };
  });
}

const VIEWS: readonly View[] = [
  { path: '/', name: 'Overview', key: 'o', page: Overview },
  {
    path: '/pipeline',
    name: 'Pipeline',
    key: 'p',
    page: later(async () => import('./pages/pipeline.tsx'), 'Pipeline'),
  },
  {
    path: '/portfolio',
    name: 'Portfolio',
    key: 'b',
    page: later(async () => import('./pages/portfolio.tsx'), 'Portfolio'),
  },
  { path: '/orders', name: 'Orders', key: 'r', page: later(async () => import('./pages/orders.tsx'), 'Orders') },
  { path: '/signals', name: 'Signals', key: 's', page: later(async () => import('./pages/signals.tsx'), 'Signals') },
  { path: '/why', name: 'Why', key: 'w', page: later(async () => import('./pages/why.tsx'), 'Why') },
  { path: '/chart', name: 'Chart', key: 'c', page: later(async () => import('./pages/chart.tsx'), 'Chart') },
  {
    path: '/strategies',
    name: 'Strategies',
    key: 't',
    page: later(async () => import('./pages/strategies.tsx'), 'Strategies'),
  },
  { path: '/limits', name: 'Risk limits', key: 'l', page: later(async () => import('./pages/limits.tsx'), 'Limits') },
  {
    path: '/dead-letters',
    name: 'Dead letters',
    key: 'd',
    page: later(async () => import('./pages/dead-letters.tsx'), 'DeadLetters'),
  },
  { path: '/alerts', name: 'Alerts', key: 'a', page: later(async () => import('./pages/alerts.tsx'), 'Alerts') },
  { path: '/logs', name: 'Logs', key: 'e', page: later(async () => import('./pages/logs.tsx'), 'Logs') },
  { path: '/audit', name: 'Audit', key: 'u', page: later(async () => import('./pages/audit.tsx'), 'Audit') },
  {
    path: '/webhooks',
    name: 'Webhooks',
    key: 'h',
    page: later(async () => import('./pages/webhooks.tsx'), 'Webhooks'),
  },
  {
    path: '/runbook',
    name: 'Runbook',
    key: '',
    page: later(async () => import('./pages/runbook.tsx'), 'Runbook'),
    hidden: true,
  },
  {
    path: '/sign-in/kite',
    name: 'Sign in',
    key: '',
    page: later(async () => import('./pages/kite-return.tsx'), 'KiteReturn'),
    hidden: true,
  },
  {
    path: '/order',
    name: 'Order',
    key: '',
    page: later(async () => import('./pages/order.tsx'), 'OrderLife'),
    hidden: true,
  },
];

export function App() {
  const { path } = useAddress();
  useShortcuts();
  useKeptSignedIn();
  // The way is marked at once, and the page follows as soon as it is drawn.
  const shown = useDeferredValue(path);
  const view = VIEWS.find((each) => each.path === shown);
  useEffect(() => {
    document.title = view === undefined ? 'Alpha Panda' : `${view.name} · Alpha Panda`;
  }, [view]);
  const Page = view?.page ?? Nowhere;
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <TopBar />
      <Navigation path={path} />
      <main id="main" tabIndex={-1}>
        <Connection />
        <Suspense fallback={<p className="quiet loading">Opening…</p>}>
          <Page key={shown} />
        </Suspense>
      </main>
    </div>
  );
}

function TopBar() {
  const mustSignIn = useSignInNeeded();
  const [asked, setAsked] = useState(false);
  const caller = useCaller();
  const signOut = (): void => {
    // The token goes in any case; that it has ended for everybody else, too, is worth the try.
    void call('POST /api/v1/auth/sessions/end', { body: {} }).catch((error: unknown) =>
      console.warn('the sign-in was not ended', error),
    );
    setToken(undefined);
    queryClient.clear();
    void queryClient.refetchQueries();
  };
  return (
    <header className="top">
      <Link href="/" className="brand" aria-label="Alpha Panda, overview">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M7 25 13 8h4l7 17h-4l-1.6-4h-6.8L10.2 25zm5.7-7.2h4.4L15 12z" />
          <circle cx="25" cy="9" r="3.4" />
        </svg>
        <span>Alpha Panda</span>
      </Link>
      <LiveMark />
      <div className="top-end">
        <KillSwitch />
        <ThemeButton />
        {caller === undefined || caller.isOpen ? (
          <button type="button" className="plain" onClick={() => setAsked(true)} title="Sign in">
            {caller?.isOpen === true ? 'Reads only' : 'Sign in'}
          </button>
        ) : (
          <button type="button" className="plain" onClick={signOut} title="Sign out">
            {caller.name} <small>{caller.role}</small>
          </button>
        )}
      </div>
      {asked || mustSignIn ? <SignIn isOpen={caller?.isOpen === true} onClose={() => setAsked(false)} /> : null}
    </header>
  );
}

function Navigation({ path }: { readonly path: string }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the pages lie in one row, and this one may lie beyond its edge.
    ref.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <nav ref={ref} className="nav" aria-label="Pages">
      {VIEWS.filter(({ hidden }) => hidden !== true).map((view) => (
        <Link
          key={view.path}
          href={view.path}
          aria-current={view.path === path ? 'page' : undefined}
          title={`${view.name} (g then ${view.key})`}
        >
          {view.name}
        </Link>
      ))}
    </nav>
  );
}

function LiveMark() {
  const { state, at } = useLive();
  const text = state === 'live' ? 'Live' : state === 'connecting' ? 'Connecting' : 'Reconnecting';
  return (
    <span className={`live live-${state}`} title={at === undefined ? text : `${text}, last word ${clock(at)} IST`}>
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

/** Said on every page while what is seen may be old. */
function Connection() {
  const { state, at } = useLive();
  const health = useApi('GET /api/v1/health', {}, 5_000);
  if (state === 'reconnecting') {
    return (
      <p className="banner" role="status">
        Reconnecting. What you see is as of {at === undefined ? 'before' : `${clock(at)} IST`}.
      </p>
    );
  }
  if (health.data?.running === false) {
    return (
      <p className="banner banner-quiet" role="status">
        The platform answers, and its pipeline takes no inputs now: the feed has ended, or it is starting or stopping.
      </p>
    );
  }
  return null;
}

function Nowhere() {
  return (
    <div className="notice">
      <p>There is no such page.</p>
      <Link href="/">To the overview</Link>
    </div>
  );
}

/** `g` and a letter go to a page. */
function useShortcuts(): void {
  useEffect(() => {
    let gone = 0;
    const onKey = (event: KeyboardEvent): void => {
      const { target, key, metaKey, ctrlKey, altKey } = event;
      const typing = target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
      if (typing || metaKey || ctrlKey || altKey) return;
      if (key === 'g') gone = event.timeStamp;
      else if (event.timeStamp - gone < 1_500) {
        gone = 0;
        const view = VIEWS.find((each) => each.key === key);
        if (view !== undefined) navigate(view.path);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

const RENEW_BEFORE_MS = 5 * 60_000;

function useKeptSignedIn(): void {
  const caller = useCaller();
  const left = caller?.expiresAt === undefined ? undefined : caller.expiresAt - Date.now();
  const isSoon = left !== undefined && left < RENEW_BEFORE_MS;
  useEffect(() => {
    if (isSoon) void renew().catch((error: unknown) => console.warn('the token was not renewed', error));
  }, [isSoon]);
}
