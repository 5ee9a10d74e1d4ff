// The one table of settings and the types that follow from it: the loader, `alpha-panda config` and docs/settings.md
// are all made from this, so that a setting is described in one place only.
import type { BrokerId } from '#core/ids.ts';
import type { BrokerSettings } from './brokers.ts';
import { alerts } from './section-alerts.ts';
import { api, auth, healthChecks, logging, monitoring } from './sections-operations.ts';
import { database, feed, general, reconnection, redis, redpanda, store } from './sections-platform.ts';
import { exchange, execution, paperTrading, portfolioManager, risk, strategies, zerodha } from './sections-trading.ts';
import { tracing } from './section-tracing.ts';
import type { Setting } from './setting.ts';

/** Every section but the general one, in the order in which people read them. */
export const sections = {
  feed,
  strategies,
  risk,
  execution,
  exchange,
  paperTrading,
  zerodha,
  portfolioManager,
  store,
  api,
  auth,
  logging,
  healthChecks,
  monitoring,
  alerts,
  tracing,
  reconnection,
  database,
  redpanda,
  redis,
} as const;

type Values<Rows> = { readonly [Field in keyof Rows]: Rows[Field] extends Setting<infer Value> ? Value : never };
export type GeneralSettings = Values<typeof general>;
export type SectionSettings = { readonly [Name in keyof typeof sections]: Values<(typeof sections)[Name]> };

/** The settings in force. `activeBrokers` are the namespaces that run, in the order of `brokers`. */
export type Settings = Omit<GeneralSettings, 'activeBrokers'> &
  SectionSettings & {
    readonly activeBrokers: readonly BrokerId[];
    readonly brokers: readonly BrokerSettings[];
  };

/** One row of the table with its place: `REDPANDA__CLIENT_ID` is `settings.redpanda.clientId`. */
export interface SettingDefinition {
  /** The name of the environment variable. */
  readonly name: string;
  /** Empty for a setting without a section. */
  readonly section: string;
  readonly field: string;
  readonly setting: Setting<unknown>;
}

/** The table as a list, in reading order. */
export const definitions: readonly SettingDefinition[] = [
  ...define('', general),
  ...Object.entries(sections).flatMap(([section, rows]) => define(section, rows)),
];

/** `portfolioManager` is `PORTFOLIO_MANAGER`. */
export function upperSnake(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** What a text means for a setting; undefined when the setting does not accept it. */
export function readValue<T>(setting: Setting<T>, text: string): { readonly value: T } | undefined {
  const read = setting.schema.safeParse(text);
  return read.success ? { value: read.data } : undefined;
}

function define(section: string, rows: Readonly<Record<string, Setting<unknown>>>): SettingDefinition[] {
  const prefix = section === '' ? '' : `${upperSnake(section)}__`;
  return Object.entries(rows).map(([field, setting]) => ({
    name: `${prefix}${upperSnake(field)}`,
    section,
    field,
    setting,
  }));
}
