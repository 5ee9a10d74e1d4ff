// Charges of one order, dated, as Kite's calculators answer them: unrounded. They are no part of the book's cash; the
// client that keeps accounts has rates of its own, and this is what it can compare them with.
import { type Contract } from '../catalogue.ts';
import { type Product, type Side } from './order.ts';

export interface Charges {
  readonly transaction_tax: number;
  readonly transaction_tax_type: 'stt' | 'ctt' | '';
  readonly exchange_turnover_charge: number;
  readonly sebi_turnover_charge: number;
  readonly brokerage: number;
  readonly stamp_duty: number;
  readonly gst: { readonly igst: number; readonly cgst: number; readonly sgst: number; readonly total: number };
  readonly total: number;
}

export interface ChargedOrder {
  readonly contract: Contract;
  readonly product: Product;
  readonly side: Side;
  readonly quantity: number;
  /** Rupees. */
  readonly price: number;
}

/** Percent of turnover. From 2026-04-01; sources in the reference behind this folder's README. */
interface Rates {
  readonly brokerage: 'none' | 'lower' | 'flat';
  readonly buyTax: number;
  readonly sellTax: number;
  readonly exchange: Readonly<Record<string, number>>;
  readonly stamp: number;
}

const DELIVERY: Rates = {
  brokerage: 'none',
  buyTax: 0.1,
  sellTax: 0.1,
  exchange: { NSE: 0.00307, BSE: 0.00375 },
  stamp: 0.015,
};
const INTRADAY: Rates = {
  brokerage: 'lower',
  buyTax: 0,
  sellTax: 0.025,
  exchange: { NSE: 0.00307, BSE: 0.00375 },
  stamp: 0.003,
};
const FUTURES: Rates = {
  brokerage: 'lower',
  buyTax: 0,
  sellTax: 0.05,
  exchange: { NFO: 0.00183, BFO: 0, CDS: 0.00035, BCD: 0.00045, MCX: 0.0021 },
  stamp: 0.002,
};
const OPTIONS: Rates = {
  brokerage: 'flat',
  buyTax: 0,
  sellTax: 0.15,
  exchange: { NFO: 0.03553, BFO: 0.0325, CDS: 0.0311, MCX: 0.0418 },
  stamp: 0.003,
};
const COMMODITY_SELL_TAX = { FUT: 0.01, OPTION: 0.05 };
const CURRENCY_STAMP = 0.0001;
const SEBI = 0.0001;
const GST = 18;
const BROKERAGE_PERCENT = 0.03;
const BROKERAGE_MAX = 20;

export const NO_CHARGES: Charges = {
  transaction_tax: 0,
  transaction_tax_type: '',
  exchange_turnover_charge: 0,
  sebi_turnover_charge: 0,
  brokerage: 0,
  stamp_duty: 0,
  gst: { igst: 0, cgst: 0, sgst: 0, total: 0 },
  total: 0,
};

export function chargesOf({ contract, product, side, quantity, price }: ChargedOrder): Charges {
  const { exchange } = contract.instrument;
  const rates = ratesOf(contract, product);
  const turnover = quantity * price * contract.multiplier;
  const isCurrency = exchange === 'CDS' || exchange === 'BCD';
  const tax = isCurrency ? 0 : (turnover * taxOf(contract, rates, side)) / 100;
  const exchangeCharge = (turnover * (rates.exchange[exchange] ?? 0)) / 100;
  const sebi = (turnover * SEBI) / 100;
  const brokerage = brokerageOf(rates, turnover);
  const stamp = side === 'BUY' ? (turnover * (isCurrency ? CURRENCY_STAMP : rates.stamp)) / 100 : 0;
  const gst = ((brokerage + exchangeCharge + sebi) * GST) / 100;
  return {
    transaction_tax: tax,
    transaction_tax_type: exchange === 'MCX' ? 'ctt' : 'stt',
    exchange_turnover_charge: exchangeCharge,
    sebi_turnover_charge: sebi,
    brokerage,
    stamp_duty: stamp,
    gst: { igst: gst, cgst: 0, sgst: 0, total: gst },
    total: tax + exchangeCharge + sebi + brokerage + stamp + gst,
  };
}

function ratesOf({ kind }: Contract, product: Product): Rates {
  if (kind === 'FUT') return FUTURES;
  if (kind === 'CE' || kind === 'PE') return OPTIONS;
  return product === 'MIS' || product === 'CO' ? INTRADAY : DELIVERY;
}

function taxOf({ instrument, kind }: Contract, rates: Rates, side: Side): number {
  if (side === 'BUY') return rates.buyTax;
  if (instrument.exchange !== 'MCX') return rates.sellTax;
  return kind === 'FUT' ? COMMODITY_SELL_TAX.FUT : COMMODITY_SELL_TAX.OPTION;
}

function brokerageOf({ brokerage }: Rates, turnover: number): number {
  if (brokerage === 'none') return 0;
  if (brokerage === 'flat') return BROKERAGE_MAX;
  return Math.min((turnover * BROKERAGE_PERCENT) / 100, BROKERAGE_MAX);
}
