// Where Kite is found: its own hosts, or one place for all of it, such as a simulator.

export interface KiteHosts {
  /** Requests go here. */
  readonly api: string;
  /** A person signs in here. */
  readonly login: string;
  /** Ticks come from here. */
  readonly ticker: string;
}

const KITE: KiteHosts = {
  api: 'https://api.kite.trade',
  login: 'https://kite.zerodha.com',
  ticker: 'wss://ws.kite.trade',
};

/** The hosts under `root`; Kite's own when it is empty. */
export function kiteHosts(root: string): KiteHosts {
  return root === '' ? KITE : { api: root, login: root, ticker: root.replace(/^http/, 'ws') };
}
