// Opens the store of a deployment for reading, or what messages for it are left in, whatever keeps them. Where the stages
// run apart each part has a store, and whoever asks says which stage has what it wants.
import { partsIn, schemaOfPart } from '#adapters/postgres/deployment.ts';
import { openPostgresInbox } from '#adapters/postgres/inbox.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { type StageName } from '#engine/pipeline.ts';
import { type PartName } from '#ports/deployment.ts';
import { type Inbox, type StoreReader } from '#ports/store.ts';
import { type OpenPlace, type Place } from './place.ts';

/** Opens the store that a stage writes for reading, beside a writer that may be running. Throws `StoreError`. */
export function openReader(place: Place, stage: StageName = 'portfolio_manager'): StoreReader {
  if (typeof place === 'string') return openStoreReader(place);
  return openPostgresReader(place.postgresUrl, schemaOf(place.postgresUrl, stage));
}

/** Opens what messages for a stage are left in. Throws `StoreError`. */
export function openMessages(place: Place | OpenPlace, stage: StageName = 'risk_manager'): Inbox {
  if (isOpen(place)) return lent(place.inbox);
  if (typeof place === 'string') return openInbox(place);
  return openPostgresInbox(place.postgresUrl, schemaOf(place.postgresUrl, stage));
}

/** Opens the store of one part for reading. Throws `StoreError`. */
export function openPartReader(postgresUrl: string, { part }: PartName): StoreReader {
  return openPostgresReader(postgresUrl, { schema: schemaOfPart(part) });
}

/** The parts of a deployment whose stages run apart; none where one process runs them all. */
export function partsOf(place: Place): readonly PartName[] {
  return typeof place === 'string' ? [] : partsIn(place.postgresUrl);
}

function schemaOf(postgresUrl: string, stage: StageName): { readonly schema?: string } {
  const part = partsIn(postgresUrl).find(({ stages }) => stages.includes(stage));
  return part === undefined ? {} : { schema: schemaOfPart(part.part) };
}

export function isOpen(place: Place | OpenPlace): place is OpenPlace {
  return typeof place === 'object' && 'store' in place;
}

/** The same inbox, which stays open when it is closed. */
function lent(inbox: Inbox): Inbox {
  return {
    put: (messages) => inbox.put(messages),
    after: (number, limit) => inbox.after(number, limit),
    forget: (upTo) => inbox.forget(upTo),
    close: () => undefined,
  };
}
