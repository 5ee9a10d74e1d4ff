// The names under which the shell keeps values. One function makes them all, so that none can leave out its broker.
import { isBrokerId, type BrokerId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';

/** A name that belongs to one broker's namespace; only `keyOf` makes one. */
export type Key = string & { readonly brand: 'Key' };

/**
 * `alpha-panda:{broker}:{part}:{part}…`, such as `alpha-panda:paper:portfolio:momentum`. Different parts always make
 * different keys: a colon or a per cent sign inside a part is written as `%3A` or `%25`.
 */
export function keyOf(broker: BrokerId, ...parts: readonly [string, ...string[]]): Key {
  invariant(isBrokerId(broker), `a key begins with a broker id, such as paper, found ${JSON.stringify(broker)}`);
  invariant(
    parts.length > 0 && parts.every((part) => part !== ''),
    `a key of ${broker} needs at least one part and no empty one, found ${JSON.stringify(parts)}`,
  );
  return ['alpha-panda', broker, ...parts.map(escape)].join(':') as Key;
}

function escape(part: string): string {
  return part.replaceAll('%', '%25').replaceAll(':', '%3A');
}
