// Checks a model that was read from a file, once, so that evaluating it needs no question: every number finite, every
// list as long as it must be, every tree one that ends.
import { type Model, type Tree } from './model.ts';

export type ModelResult =
  { readonly ok: true; readonly model: Model } | { readonly ok: false; readonly problem: string };

const KINDS = ['linear', 'logistic', 'forest', 'boosted'] as const;
const FEATURES_MAX = 256;
const TREES_MAX = 10_000;

type Fields = Readonly<Record<string, unknown>>;

/** A problem of a model file; it is caught here and told. */
class Problem extends Error {}

/** The model in parsed JSON, or what is wrong with it. */
export function readModel(json: unknown): ModelResult {
  try {
    return { ok: true, model: modelOf(json) };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message };
    throw error;
  }
}

function modelOf(json: unknown): Model {
  const fields = recordOf(json, 'a model');
  const { kind } = fields;
  const features = namesOf(fields['features']);
  switch (kind) {
    case 'linear':
    case 'logistic': {
      only(fields, ['kind', 'features', 'weights', 'bias']);
      const weights = numbersOf(fields['weights'], 'weights');
      same(weights, features.length, 'weights');
      return { kind, features, weights, bias: numberOf(fields['bias'], 'bias') };
    }
    case 'forest':
      only(fields, ['kind', 'features', 'trees']);
      return { kind, features, trees: treesOf(fields['trees'], features.length, true) };
    case 'boosted': {
      only(fields, ['kind', 'features', 'trees', 'bias', 'rate']);
      const trees = treesOf(fields['trees'], features.length, false);
      return { kind, features, trees, bias: numberOf(fields['bias'], 'bias'), rate: numberOf(fields['rate'], 'rate') };
    }
    default:
      throw new Problem(`kind is ${JSON.stringify(kind)}; known are ${KINDS.join(', ')}`);
  }
}

function treesOf(value: unknown, features: number, probabilities: boolean): readonly Tree[] {
  const trees = listOf(value, 'trees');
  if (trees.length === 0 || trees.length > TREES_MAX) {
    throw new Problem(`trees has ${trees.length} entries; expected 1 to ${TREES_MAX}`);
  }
  return trees.map((tree, k) => treeOf(tree, `trees[${k}]`, features, probabilities));
}

function treeOf(value: unknown, name: string, features: number, probabilities: boolean): Tree {
  const fields = recordOf(value, name);
  only(fields, ['feature', 'threshold', 'left', 'right', 'value']);
  const list = (field: string): readonly number[] => numbersOf(fields[field], `${name}.${field}`);
  const tree = { feature: list('feature'), threshold: list('threshold'), left: list('left'), right: list('right') };
  const values = list('value');
  const nodes = values.length;
  if (nodes === 0) throw new Problem(`${name} has no node`);
  for (const [field, each] of Object.entries(tree)) same(each, nodes, `${name}.${field}`);
  for (let node = 0; node < nodes; node++) checkNode({ ...tree, value: values }, node, name, features, probabilities);
  return { ...tree, value: values };
}

function checkNode(tree: Tree, node: number, name: string, features: number, probabilities: boolean): void {
  const [feature, left, right] = [tree.feature[node], tree.left[node], tree.right[node]] as [number, number, number];
  const value = tree.value[node] as number;
  if (left === -1) {
    if (probabilities && !(value >= 0 && value <= 1)) {
      throw new Problem(
        `${name} has the leaf ${value} at node ${node}; a forest's leaves are probabilities from 0 to 1`,
      );
    }
    return;
  }
  const isChild = (child: number): boolean => Number.isInteger(child) && child > node && child < tree.value.length;
  if (!isChild(left) || !isChild(right)) {
    throw new Problem(`${name} goes from node ${node} to ${left} and ${right}; children come after their parent`);
  }
  if (!(Number.isInteger(feature) && feature >= 0 && feature < features)) {
    throw new Problem(`${name} looks at feature ${feature} at node ${node}; there are ${features}`);
  }
}

function namesOf(value: unknown): readonly string[] {
  const names = listOf(value, 'features');
  if (names.length === 0 || names.length > FEATURES_MAX || !names.every((name) => typeof name === 'string')) {
    throw new Problem(`features must be 1 to ${FEATURES_MAX} names`);
  }
  return names;
}

function numbersOf(value: unknown, name: string): readonly number[] {
  return listOf(value, name).map((each, k) => numberOf(each, `${name}[${k}]`));
}

function numberOf(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Problem(`${name} must be a finite number, found ${JSON.stringify(value)}`);
  }
  return value;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Problem(`${name} must be a list, found ${JSON.stringify(value)}`);
  return value;
}

function recordOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(`${name} must be an object with named fields`);
  }
  return value as Fields;
}

function same(list: readonly number[], length: number, name: string): void {
  if (list.length !== length) throw new Problem(`${name} has ${list.length} entries; expected ${length}`);
}

function only(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Problem(`unknown fields ${unknown.join(', ')}; known are ${known.join(', ')}`);
}
