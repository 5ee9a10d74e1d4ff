// The symbols of instrument tokens, as the plan in the log names them, for people who do not know tokens by heart.
import type { Instrument } from '#core/market/instrument.ts';
import type { Plan } from '#core/plan.ts';
import type { SnapshotBody } from '#engine/ingest.ts';
import type { StoreReader } from '#ports/store.ts';

/** The symbol of each token that the newest snapshot, or else the first input, names. */
export function symbolsOf(reader: StoreReader): ReadonlyMap<number, string> {
  const instruments = newestPlan(reader)?.instruments ?? [];
  return new Map(instruments.map(({ token, symbol }) => [token, symbol]));
}

/** The instruments by token, as the same plan names them. */
export function instrumentsOf(reader: StoreReader): ReadonlyMap<number, Instrument> {
  return new Map((newestPlan(reader)?.instruments ?? []).map((instrument) => [instrument.token, instrument]));
}

/** The plan of the newest snapshot or, before there is one, of the first input. */
function newestPlan(reader: StoreReader): Plan | undefined {
  const [snapshot] = reader.snapshots();
  if (snapshot !== undefined) return (JSON.parse(snapshot.body) as SnapshotBody).state.plan;
  const [first] = reader.inputsAfter(0, 1);
  return first?.kind === 'plan' && typeof first.body === 'string' ? (JSON.parse(first.body) as Plan) : undefined;
}
