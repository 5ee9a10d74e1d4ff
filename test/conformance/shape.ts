// Compares the shape of two JSON values: keys and kinds of values, all the way down. The rows of a list make one shape
// together: a key that only some rows of the sample have may be missing, and a value may be of any kind that the sample
// shows for it.

interface Shape {
  readonly kinds: Set<string>;
  /** Fields of all objects seen here, and in how many of them each stands. */
  readonly fields: Map<string, { readonly shape: Shape; count: number }>;
  items: Shape | undefined;
  objects: number;
}

/** Names that are data: a quote's instrument, a day of the year. */
const ROW_NAME = /^[A-Z]+:|^\d\d-\d\d$/;

/** What differs, one sentence each; nothing when the answer has the sample's shape. */
export function differences(sample: unknown, answer: unknown): string[] {
  return compare('answer', shapeOf([sample]), shapeOf([answer]));
}

function shapeOf(values: readonly unknown[]): Shape {
  const shape: Shape = { kinds: new Set(), fields: new Map(), items: undefined, objects: 0 };
  const items: unknown[] = [];
  const byField = new Map<string, unknown[]>();
  for (const value of values) {
    shape.kinds.add(kindOf(value));
    if (Array.isArray(value)) items.push(...(value as unknown[]));
    else if (typeof value === 'object' && value !== null) {
      shape.objects++;
      for (const [name, field] of Object.entries(value)) {
        const key = ROW_NAME.test(name) ? 'any row' : name;
        byField.set(key, [...(byField.get(key) ?? []), field]);
      }
    }
  }
  if (items.length > 0) shape.items = shapeOf(items);
  for (const [name, fields] of byField) shape.fields.set(name, { shape: shapeOf(fields), count: fields.length });
  return shape;
}

function compare(at: string, sample: Shape, answer: Shape): string[] {
  const found: string[] = [];
  for (const kind of answer.kinds) {
    if (!sample.kinds.has(kind)) found.push(`${at}: expected ${[...sample.kinds].join(' or ')}, found ${kind}`);
  }
  for (const [name, field] of sample.fields) {
    const here = answer.fields.get(name);
    if (here === undefined || here.count < answer.objects) {
      if (field.count >= sample.objects && answer.objects > 0) found.push(`${at}.${name}: missing`);
    }
    if (here !== undefined) found.push(...compare(`${at}.${name}`, field.shape, here.shape));
  }
  for (const name of answer.fields.keys()) if (!sample.fields.has(name)) found.push(`${at}.${name}: not in the sample`);
  if (sample.items !== undefined && answer.items === undefined && answer.kinds.has('list')) {
    found.push(`${at}: an empty list shows nothing`);
  }
  if (sample.items !== undefined && answer.items !== undefined) {
    found.push(...compare(`${at}[]`, sample.items, answer.items));
  }
  return found;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
