// Single values as pages show them, always with the same look.
import { clock, day, exactClock, instant, rupees, signedRupees, signOf, words } from '../format.ts';
import { Link, to } from '../router.tsx';

export function Money({ value }: { readonly value: string | null | undefined }) {
  if (value === null || value === undefined) return <span className="quiet">–</span>;
  return <Digits className="money" text={rupees(value)} />;
}

/** A gain or a loss, told apart by sign and by colour. */
export function Gain({ value }: { readonly value: string | null | undefined }) {
  if (value === null || value === undefined) return <span className="quiet">–</span>;
  const sign = signOf(value);
  return <Digits className={`money ${sign > 0 ? 'gain' : sign < 0 ? 'loss' : ''}`} text={signedRupees(value)} />;
}

/** Rupees before paise: where an amount is large on the page, what is behind the point is smaller. */
function Digits({ className, text }: { readonly className: string; readonly text: string }) {
  const point = text.indexOf('.');
  return (
    <span className={className}>
      {text.slice(0, point)}
      <span className="fraction">{text.slice(point)}</span>
    </span>
  );
}

export function Time({ at, exact = false }: { readonly at: string | null; readonly exact?: boolean }) {
  if (at === null) return <span className="quiet">–</span>;
  return (
    <time dateTime={at} title={instant(at)}>
      <span className="quiet wide">{day(at).slice(0, 6)} </span>
      {exact ? exactClock(at) : clock(at)}
    </time>
  );
}

export function Side({ side }: { readonly side: string }) {
  return <span className={`side side-${side.toLowerCase()}`}>{side}</span>;
}

const GOOD = new Set(['filled', 'validated', 'enabled']);
const BAD = new Set(['rejected', 'halted']);

export function Status({ status }: { readonly status: string }) {
  const how = GOOD.has(status) ? 'good' : BAD.has(status) ? 'bad' : 'plain';
  return <span className={`tag tag-${how}`}>{words(status)}</span>;
}

/** An instrument by its name, on the way to its chart. */
export function Instrument({ symbol, token }: { readonly symbol: string | null; readonly token: number }) {
  return (
    <Link className="symbol" href={to('/chart', { instrument: `${token}` })}>
      {symbol ?? token}
    </Link>
  );
}

/** The way to the view that tells why. */
export function WhyLink({ id, focus }: { readonly id: string; readonly focus?: string }) {
  return (
    <Link className="why-link" href={to('/why', { id, focus })}>
      Why<span className="hidden"> {focus ?? id}</span>
    </Link>
  );
}
