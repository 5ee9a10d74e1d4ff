// Assertions that stay on in production: a broken one means that we are wrong, so the process must stop and recover.

/** Thrown when the program's own logic is broken; nothing may catch it and go on. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Promises that `condition` holds afterwards; throws `InvariantError` with `message` otherwise. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Closes a switch over a union: reaching it is a defect, at compile time and at run time. */
export function assertNever(value: never): never {
  throw new InvariantError(`no case handles ${JSON.stringify(value)}`);
}
