// Answers that several ask for at the same moment, such as every program that follows the stream at a fill: one is worked
// out, and it is everybody's for as long as what it was read from has not moved.

/** Of different questions. */
const KEPT_MAX = 64;

interface Kept {
  readonly state: string;
  readonly answer: Promise<unknown>;
}

export class SharedAnswers {
  readonly #kept = new Map<string, Kept>();

  /**
   * @param question the same text for the same question
   * @param state what the answer depends on, as text; another one makes it stale
   */
  async ask<T>(question: string, state: string, work: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(question);
    if (kept?.state === state) return kept.answer as Promise<T>;
    const answer = work();
    this.#kept.delete(question);
    this.#kept.set(question, { state, answer });
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
    try {
      return await answer;
    } catch (error) {
      // Whoever waits for it is told; the next one may fare better.
      if (this.#kept.get(question)?.answer === answer) this.#kept.delete(question);
      throw error;
    }
  }
}
