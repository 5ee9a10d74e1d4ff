// Why a signal was refused: each objection with its limit and what was found, as the gate put it.
import type { Item } from '../api/client.ts';
import { words } from '../format.ts';

type Reason = Item<'GET /api/v1/signals'>['reasons'][number];

export function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  return (
    <ul className="reasons">
      {reasons.map(({ code, limit, found }) => (
        <li key={code}>
          <b>{words(code.replace(/^RISK_/, ''))}</b>
          <span>
            limit <code>{limit}</code>
          </span>
          <span>
            found <code>{found}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
