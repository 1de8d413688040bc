/** Says what a wrong word in the text of a condition may have meant, as `suggestions.py` does. */
import { shown, type Token } from "./tokens";

const OPERANDS = ["result", "run_input", "error", "visits", "nodes", "node", "length", "type", "date", "exists", "value", "datetime", "not", "true", "false", "null"];
const OPERATORS = ["and", "or", "not", "in", "matches"];
/** Words of other languages. */
const ALIASES = new Map(
  Object.entries({
    ...{ none: "null", nil: "null", undefined: "null", input: "run_input", output: "result", visit: "visits" },
    ...{ len: "length", size: "length", count: "length", typeof: "type" },
    ...{ is: "==", eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=", like: "matches" },
  }),
);
const LONGEST = 20;
const FARTHEST = 2;

/** The known word that was probably meant. */
export function closest(word: string, known: readonly string[]): string | null {
  const lower = word.toLowerCase();
  const alias = ALIASES.get(lower) ?? lower;
  if (known.includes(alias)) return alias;
  if (word.length > LONGEST) return null;
  let best: string | null = null;
  let least = Math.min(FARTHEST, word.length - 2) + 1;
  for (const each of known) {
    const distance = distanceOf(lower, each);
    if (distance < least) [least, best] = [distance, each];
  }
  return best;
}

/** The reason why a word is not a value. */
export function forOperand(token: Token): string {
  if (token.source === "not") return "Put parentheses around a negation that is compared.";
  if (OPERATORS.includes(token.source)) return `Expected a value, found ${shown(token)}.`;
  const meant = closest(token.source, OPERANDS);
  if (meant) return `${shown(token)} is not known: did you mean \`${meant}\`?`;
  if (token.source.length > LONGEST) return `${shown(token)} is not known: a path begins with \`result\`, \`run_input\`, \`error\`, \`visits\` or \`nodes\`.`;
  return `\`${token.source}\` is not known: write result.${token.source} for a key of the result, or "${token.source}" for a text.`;
}

/** The reason why a token cannot follow a value. */
export function forOperator(token: Token): string {
  const expected = `Expected an operator such as \`==\` or \`and\`, found ${shown(token)}`;
  if (token.source === "(") return `${expected}: a function stands before its value, as in exists(result.note).`;
  if (token.source === "contains") return `${expected}: write the part first, as in "gift" in result.tags.`;
  const meant = token.kind === "name" ? closest(token.source, [...OPERATORS, "==", "!=", "<", "<=", ">", ">="]) : null;
  return meant ? `${expected}: did you mean \`${meant}\`?` : `${expected}.`;
}

/** The number of letters that differ (Levenshtein's distance). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index += 1) {
    const above = row;
    row = [index + 1];
    for (let column = 0; column < other.length; column += 1)
      row.push(Math.min((above[column] ?? 0) + Number(one[index] !== other[column]), (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
  }
  return row.at(-1) ?? 0;
}
