// Who the account belongs to. Nobody: the person is made up.
import { type EpochMs } from '#core/time.ts';
import { type Credentials } from '../options.ts';
import { istTime } from '../ist.ts';
import { type Json } from './order-json.ts';

const EXCHANGES = ['NSE', 'BSE', 'NFO', 'BFO', 'CDS', 'BCD', 'MCX', 'MF'];
const PRODUCTS = ['CNC', 'NRML', 'MIS', 'CO', 'MTF'];
const ORDER_TYPES = ['MARKET', 'LIMIT', 'SL', 'SL-M'];
const NAME = 'Simulated Trader';
const NEVER = '1970-01-01 00:00:00';

export function profile(userId: string): Json {
  return {
    user_id: userId,
    user_type: 'individual',
    email: 'trader@example.invalid',
    user_name: NAME,
    user_shortname: 'Simulated',
    broker: 'ZERODHA',
    exchanges: EXCHANGES,
    products: PRODUCTS,
    order_types: ORDER_TYPES,
    avatar_url: null,
    meta: { demat_consent: 'physical' },
  };
}

export function fullProfile(userId: string): Json {
  return {
    ...profile(userId),
    twofa_type: 'totp',
    phone: '*0000',
    bank_accounts: [{ name: 'SIMULATED BANK', branch: '', account: '*0000' }],
    dp_ids: ['0000000000000000'],
    pan: '*0000',
    tags: [],
    password_timestamp: NEVER,
    twofa_timestamp: NEVER,
    meta: { poa: 'physical', silo: '', account_blocks: [] },
  };
}

export function sessionJson(
  { apiKey, userId }: Credentials,
  session: { readonly accessToken: string; readonly loginTime: EpochMs },
): Json {
  return {
    ...profile(userId),
    avatar_url: '',
    api_key: apiKey,
    access_token: session.accessToken,
    public_token: `public-${session.accessToken.slice(0, 8)}`,
    enctoken: `enc-${session.accessToken.slice(0, 8)}`,
    refresh_token: '',
    silo: '',
    login_time: istTime(session.loginTime),
  };
}
