/** The JSON form of expressions, as `expressions.py` has it: operators, their operands, and limits. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A list is an operator with its operands; any other value is a literal. */
export type Expression = Json;

export const DEEPEST = 50;
export const LARGEST = 10_000;
export const MOST_PATTERNS = 10;
export const ROOTS: readonly string[] = ["result", "error", "run_input", "visits", "node"];
export const FUNCTIONS: readonly string[] = ["length", "type", "date", "exists"];
/** The operators of comparisons by their names in JSON. */
export const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ["eq", "=="],
  ["ne", "!="],
  ["lt", "<"],
  ["le", "<="],
  ["gt", ">"],
  ["ge", ">="],
  ["in", "in"],
  ["matches", "matches"],
]);
/** The possible values of `type(...)`. */
export const TYPES: readonly string[] = ["str", "int", "float", "bool", "list", "dict", "null"];

/** Operators whose operands are not expressions: all of them, or those from this index. */
const PLAIN_FROM = new Map([
  ["node", 0],
  ["value", 0],
  ["datetime", 0],
  ["item", 1],
  ["matches", 1],
]);

/** Whether an expression has one of these operators. */
export function is(expr: Expression, ...names: string[]): expr is [string, ...Json[]] {
  return Array.isArray(expr) && typeof expr[0] === "string" && names.includes(expr[0]);
}

/** Operand of an expression by its index; null if it is not there. */
export function operand(expr: Expression, index: number): Json {
  return Array.isArray(expr) ? (expr[index + 1] ?? null) : null;
}

/** Length in characters, as Python counts them. */
export function lengthOf(text: string): number {
  // A pair of surrogates is one character.
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

/** Whether an expression is over a limit, as `checked` counts depth, size and patterns in Python. */
export function isTooLarge(expr: Expression): boolean {
  let size = 0;
  let patterns = 0;
  const count = (own: number, depth: number): boolean => {
    size += own;
    return depth <= DEEPEST && size <= LARGEST;
  };
  const plain = (value: Json, depth: number): boolean => {
    if (Array.isArray(value)) return count(value.length + 2, depth) && value.every((each) => plain(each, depth + 1));
    if (typeof value === "string") return count(lengthOf(value) + 2, 1);
    if (value === null || typeof value !== "object") return count(8, 1);
    const members = Object.entries(value);
    return count(members.length + 2, depth) && members.every(([key, each]) => plain(key, depth) && plain(each, depth + 1));
  };
  const inner = (value: Expression, depth: number): boolean => {
    if (!Array.isArray(value)) return plain(value, depth);
    if (!count(value.length + 2, depth)) return false;
    const [name, ...operands] = value;
    if (name === "matches") patterns += 1;
    const from = PLAIN_FROM.get(String(name)) ?? operands.length;
    return operands.every((each, index) => (index < from ? inner(each, depth + 1) : plain(each, depth + 1)));
  };
  return !inner(expr, 1) || patterns > MOST_PATTERNS;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)[^\d](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d(?::?\d\d(?:\.\d+)?)?)?)$/su;
const OTHER_DATE = /^\d{4}[0-9W-]{3,6}[^\d][0-9:.,]{2,}(?:Z|[+-][0-9:.]{2,})$/su;

/** Whether a text is a date and time with its timezone. The server has the last word about rare forms of ISO 8601. */
export function isMoment(text: string): boolean {
  const found = DATE.exec(text);
  if (!found) return OTHER_DATE.test(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number(part ?? 0));
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60;
}
