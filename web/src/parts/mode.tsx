// What a namespace may do, unmistakable by its words and shape and only then by its colour.
import type { Item } from '../api/client.ts';

export type BrokerLine = Item<'GET /api/v1/brokers'>;
export type ControlLine = Item<'GET /api/v1/control'>;

export type Mode = 'simulated' | 'disarmed' | 'live' | 'inactive';

const ORDER = ['active', 'reducing', 'halted', 'disarmed'] as const;
export type ControlState = (typeof ORDER)[number];

/** The worst of the scopes that concern a whole namespace. */
export function stateOf(broker: string, control: readonly ControlLine[]): ControlState {
  const states = control
    .filter((line) => line.broker === broker && (line.scope === 'global' || line.scope === broker))
    .map(({ state }) => ORDER.indexOf(state));
  return ORDER[Math.max(0, ...states)] ?? 'active';
}

export function modeOf({ mode, status }: BrokerLine, state: ControlState): Mode {
  if (status === 'inactive' || mode === null) return 'inactive';
  if (state === 'disarmed') return 'disarmed';
  return mode === 'live' ? 'live' : 'simulated';
}

const SHAPES: Readonly<Record<Mode, string>> = {
  simulated: 'M2 2h8v8H2z',
  disarmed: 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1zm-3 4h6v2H3z',
  live: 'M6 0l6 12H0z',
  inactive: 'M2 5h8v2H2z',
};
const TEXTS: Readonly<Record<Mode, string>> = {
  simulated: 'SIMULATED',
  disarmed: 'DISARMED',
  live: 'ARMED LIVE',
  inactive: 'INACTIVE',
};

export function ModeBadge({ broker, state }: { readonly broker: BrokerLine; readonly state: ControlState }) {
  const mode = modeOf(broker, state);
  const detail =
    broker.mode === 'rehearsal' ? 'Kite simulator' : broker.mode === 'live' ? 'real money' : 'our exchange';
  return (
    <span className={`mode mode-${mode}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={SHAPES[mode]} fillRule="evenodd" />
      </svg>
      <b>{TEXTS[mode]}</b>
      {mode === 'inactive' ? null : <span className="mode-detail">{detail}</span>}
    </span>
  );
}

const STATE_TEXTS: Readonly<Record<ControlState, string>> = {
  active: 'taking orders',
  reducing: 'reducing only',
  halted: 'halted',
  disarmed: 'disarmed',
};

export function StateTag({ state }: { readonly state: ControlState }) {
  return (
    <span className={`tag tag-${state === 'active' ? 'good' : state === 'reducing' ? 'warn' : 'bad'}`}>
      {STATE_TEXTS[state]}
    </span>
  );
}
