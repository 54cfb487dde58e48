/** What a fuzzer has seen that must not be. */
export interface Findings {
  /** Looks at an answer: an internal error, or something of another user, is a finding. */
  look(answer: string, input: string): void;
  add(what: string): void;
  readonly list: readonly string[];
}

/** So many are enough to work on. */
const KEPT = 20;

/** @param secret stands in another user's conversation */
export function createFindings(secret: string): Findings {
  const list: string[] = [];
  const add = (what: string): void => {
    if (list.length < KEPT) list.push(what);
  };
  return {
    list,
    add,
    look(answer, input) {
      const about = `after ${input.slice(0, 500)}: ${answer.slice(0, 500)}`;
      if (answer.includes(secret)) add(`FOREIGN DATA ${about}`);
      if (/"code":"internal"/.test(answer)) add(`INTERNAL ${about}`);
    },
  };
}
