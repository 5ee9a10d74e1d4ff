// How a hybrid makes one decision of two: what its rules say, and what its model says.
import { type Opinion } from './ml-rule.ts';

export const POLICIES = ['majority_vote', 'conservative'] as const;

/** Confidence that agreement adds. */
const AGREED = 0.1;
const AGREED_STRICTLY = 0.2;
/** What is left of the confidence of a model that speaks alone and is not sure. */
const WEAK = 0.8;

/** What the two come to under the policy; undefined when they come to nothing. */
export function decide(
  policy: string,
  rules: Opinion | undefined,
  model: Opinion | undefined,
  confidenceMin: number,
): Opinion | undefined {
  return policy === 'conservative' ? onlyAgreed(rules, model) : majority(rules, model, confidenceMin);
}

/** Agreement, or the model when it is sure enough, or the rules, or at last a model that is not. */
function majority(rules: Opinion | undefined, model: Opinion | undefined, confidenceMin: number): Opinion | undefined {
  if (rules !== undefined && model !== undefined && rules.side === model.side) {
    return agreed(rules, model, AGREED, Math.max(rules.quantity, model.quantity));
  }
  if (model !== undefined && model.confidence >= confidenceMin) return spoken(model, 'model');
  if (rules !== undefined) return spoken(rules, 'rules');
  return model && spoken({ ...model, confidence: model.confidence * WEAK }, 'weak_model');
}

function onlyAgreed(rules: Opinion | undefined, model: Opinion | undefined): Opinion | undefined {
  if (rules === undefined || model === undefined || rules.side !== model.side) return undefined;
  return agreed(rules, model, AGREED_STRICTLY, Math.min(rules.quantity, model.quantity));
}

function agreed(rules: Opinion, model: Opinion, more: number, quantity: number): Opinion {
  const confidence = Math.min(1, (rules.confidence + model.confidence) / 2 + more);
  return spoken({ side: rules.side, quantity, confidence, metadata: { ...rules.metadata, ...model.metadata } }, 'both');
}

function spoken(opinion: Opinion, by: string): Opinion {
  return { ...opinion, metadata: { ...opinion.metadata, decided_by: by } };
}
