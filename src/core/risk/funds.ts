// Real books share one account: their starting cash together is never more than what the account has.
import { formatDecimal } from '../decimal.ts';
import { type Plan } from '../plan.ts';

/** What is wrong with the cash that a plan gives to the books of real brokers; undefined when nothing is. */
export function fundsTrouble({
  namespaces,
  deployments,
}: Pick<Plan, 'namespaces' | 'deployments'>): string | undefined {
  for (const { broker, answeredBy, account, startingCash, funds } of namespaces) {
    // The funds of a live account are known once it has a session, and asked for before it is armed.
    if (answeredBy !== 'gateway' || (account !== undefined && funds === undefined)) continue;
    const books = deployments.filter(({ brokers }) => brokers.includes(broker)).length;
    const needed = `${books} books of ${formatDecimal(startingCash)} at ${broker}`;
    if (funds === undefined) return `${needed} need the funds of its account to be known, and they are not`;
    if (books * startingCash > funds) {
      return `${needed} are more than the ${formatDecimal(funds)} of its account; lower STARTING_CASH or deploy less there`;
    }
  }
  return undefined;
}
