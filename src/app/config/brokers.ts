// What the settings of one broker namespace are, and which fields each kind has. A namespace of kind paper has no
// field that could hold a credential or a mode: paper can never trade.
import type { BrokerId } from '#core/ids.ts';
import { namespaceAccess } from './sections-platform.ts';
import { paperTrading, zerodha } from './sections-trading.ts';
import { choice } from './setting.ts';
import type { DecimalText, Setting } from './setting.ts';

export const BROKER_KINDS = ['paper', 'zerodha'] as const;
export type BrokerKind = (typeof BROKER_KINDS)[number];

interface CommonBrokerSettings {
  readonly id: BrokerId;
  /** A namespace that is not enabled is not in the list at all. */
  readonly enabled: true;
  /** What answers this namespace's orders: the pure exchange, or a gateway with its sockets. */
  readonly runsAs: 'simulated' | 'gateway';
  readonly startingCash: DecimalText;
  readonly slippagePercent: DecimalText;
  readonly commissionPercent: DecimalText;
  /** What fills cost: the flat commission, or the tables in config/charges. */
  readonly charges: 'flat' | 'dated';
  /** Whether the account keeps within its broker's dated limits. */
  readonly orderLimits: 'none' | 'dated';
  /** EXECUTION__SIGNAL_TTL_SECONDS, or the default of the namespace's mode. */
  readonly signalTtlSeconds: number;
  /** Who the namespace is to servers that keep namespaces apart; empty texts where it has nobody of its own. */
  readonly access: NamespaceAccess;
}

export type NamespaceAccess = { readonly [Field in keyof typeof namespaceAccess]: string };

export interface PaperBrokerSettings extends CommonBrokerSettings {
  readonly kind: 'paper';
  readonly mode: 'simulated';
}

export interface ZerodhaBrokerSettings extends CommonBrokerSettings {
  readonly kind: 'zerodha';
  readonly mode: 'simulator' | 'live';
  readonly apiKey: string;
  readonly apiSecret: string;
  /** The account that a live namespace belongs to. */
  readonly userId: string;
  /** The letter that marks its orders. */
  readonly deployment: string;
  readonly kiteRoot: string;
}

/** The settings of one namespace in force. */
export type BrokerSettings = PaperBrokerSettings | ZerodhaBrokerSettings;

/** The section that a field's default is taken from. */
export type KindSection = 'paperTrading' | 'zerodha';

export interface BrokerField {
  readonly section: KindSection;
  readonly setting: Setting<unknown>;
}

export const kindSetting = choice({
  default: '',
  values: BROKER_KINDS,
  effect: 'What the namespace is: paper is simulated for ever, zerodha stands for an account at Zerodha.',
});

const { slippagePercent, commissionPercent } = paperTrading;

/** The fields of each kind. The simulated exchange answers for zerodha too, so its costs are those of paper. */
export const brokerFields: Readonly<Record<BrokerKind, Readonly<Record<string, BrokerField>>>> = {
  paper: fieldsOf('paperTrading', paperTrading),
  zerodha: {
    ...fieldsOf('zerodha', zerodha),
    ...fieldsOf('paperTrading', { slippagePercent, commissionPercent }),
  },
};

/** Fields that every namespace may have, of whatever kind, and that no kind has a value for. */
export const accessFields: Readonly<Record<keyof NamespaceAccess, Setting<string>>> = namespaceAccess;

function fieldsOf(section: KindSection, rows: Readonly<Record<string, Setting<unknown>>>): Record<string, BrokerField> {
  return Object.fromEntries(Object.entries(rows).map(([field, setting]) => [field, { section, setting }]));
}
