// Models that were trained elsewhere, evaluated with the same bits on every machine: sums, products and comparisons in a
// fixed order, and an exponential of our own. What comes out is a score; it never becomes an amount of money.
import { exponential } from './exponential.ts';

/** Weights of each feature and a bias: their sum is the score. */
export interface LinearModel {
  readonly kind: 'linear';
  readonly features: readonly string[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** As the linear model, and its score as a probability. */
export interface LogisticModel {
  readonly kind: 'logistic';
  readonly features: readonly string[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/**
 * A decision tree as parallel lists, a place for each node, the root first. A node with `left` -1 is a leaf of `value`;
 * any other goes to `left` when its feature is at most the threshold, and else to `right`. Children come after parents.
 */
export interface Tree {
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly value: readonly number[];
}

/** A random forest: the mean of its trees, whose leaves are probabilities. */
export interface ForestModel {
  readonly kind: 'forest';
  readonly features: readonly string[];
  readonly trees: readonly Tree[];
}

/** Gradient-boosted trees: bias and rate times the sum of the trees, as a probability. */
export interface BoostedModel {
  readonly kind: 'boosted';
  readonly features: readonly string[];
  readonly trees: readonly Tree[];
  readonly bias: number;
  readonly rate: number;
}

export type Model = LinearModel | LogisticModel | ForestModel | BoostedModel;

/** The features that a strategy computes are not those that the model was trained on. */
export class FeatureMismatch extends Error {
  override readonly name = 'FeatureMismatch';
}

/**
 * The model's score for the values: a probability from 0 to 1, or any number when it is linear. Throws
 * `FeatureMismatch` when there are more or fewer values than the model has features.
 */
export function score(model: Model, values: readonly number[]): number {
  if (values.length !== model.features.length) {
    throw new FeatureMismatch(
      `the model takes ${model.features.length} features (${model.features.join(', ')}), the strategy gives ` +
        `${values.length}: deploy a model that was trained for this strategy`,
    );
  }
  switch (model.kind) {
    case 'linear':
      return weighted(model, values);
    case 'logistic':
      return probability(weighted(model, values));
    case 'forest': {
      let sum = 0;
      for (const tree of model.trees) sum += leafOf(tree, values);
      return sum / model.trees.length;
    }
    case 'boosted': {
      let sum = 0;
      for (const tree of model.trees) sum += leafOf(tree, values);
      return probability(model.bias + model.rate * sum);
    }
  }
}

function weighted({ weights, bias }: LinearModel | LogisticModel, values: readonly number[]): number {
  let sum = bias;
  for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (values[k] as number);
  return sum;
}

function probability(logit: number): number {
  return 1 / (1 + exponential(-logit));
}

function leafOf(tree: Tree, values: readonly number[]): number {
  let node = 0;
  while ((tree.left[node] as number) >= 0) {
    const value = values[tree.feature[node] as number] as number;
    node = (value <= (tree.threshold[node] as number) ? tree.left : tree.right)[node] as number;
  }
  return tree.value[node] as number;
}
