// The token of an instrument whose broker token is not known. It depends on the name alone, so that a part of a folder,
// the whole of it and another machine all agree.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Tokens are 1 to this: positive in 32 bits, and never 0. */
const LARGEST = 0x7fffffff;

/** A stable positive 31-bit token: FNV-1a of `exchange:symbol`. Two names can share one; whoever keeps them must check. */
export function tokenOf(exchange: string, symbol: string): number {
  const name = `${exchange}:${symbol}`;
  let hash = FNV_OFFSET;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), FNV_PRIME);
  }
  return 1 + ((hash >>> 0) % LARGEST);
}
