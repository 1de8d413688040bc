/** Writes expressions as the text that `grammar.ts` reads, letter for letter as `writer.py` does. */
import { COMPARISONS, is, type Expression, type Json } from "./expression";

const enum Level {
  junction,
  negation,
  comparison,
  path,
}

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Characters that JSON allows in a text, but that do not show or that reorder what a reader sees. */
const HIDDEN = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text of an expression, in one line. */
export function asText(expr: Expression): string {
  if (!Array.isArray(expr)) return literalText(expr);
  const [name, first = null, second = null] = expr;
  const sign = COMPARISONS.get(String(name));
  if (sign) return compared(first, sign, second);
  switch (name) {
    case "and":
    case "or":
      // A mixture gets parentheses, for readers who forget which binds tighter.
      return `${is(first, name) ? asText(first) : within(first, Level.negation)} ${name} ${within(second, Level.negation)}`;
    case "not":
      if (is(first, "in", "matches")) return compared(first[1] ?? null, `not ${first[0]}`, first[2] ?? null);
      return `not ${is(first, "not") ? asText(first) : within(first, Level.path)}`;
    case "item":
      return item(first, second);
    case "node":
      return typeof first === "string" && WORD.test(first) ? `nodes.${first}` : `node(${literalText(first)})`;
    case "value":
      return first !== null && typeof first === "object" ? literalText(first) : `value(${literalText(first)})`;
    default:
      return expr.length > 1 ? `${String(name)}(${asText(first)})` : String(name);
  }
}

/** A JSON value as text. */
export function literalText(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value).replace(HIDDEN, escaped);
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return `[${value.map(literalText).join(", ")}]`;
  if (value === null || typeof value !== "object") return String(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${literalText(key)}: ${literalText(each)}`)
    .join(", ")}}`;
}

/** How a path goes on with a key. */
export function keyText(key: Json): string {
  return typeof key === "string" && WORD.test(key) ? `.${key}` : `[${literalText(key)}]`;
}

function compared(left: Json, sign: string, right: Json): string {
  return `${within(left, Level.path)} ${sign} ${within(right, Level.path)}`;
}

function item(of: Json, key: Json): string {
  // A literal gets brackets: a dot after a number belongs to the number.
  const dotted = Array.isArray(of) && !is(of, "value");
  return `${within(of, Level.path)}${dotted ? keyText(key) : `[${literalText(key)}]`}`;
}

function within(expr: Json, least: Level): string {
  return levelOf(expr) < least ? `(${asText(expr)})` : asText(expr);
}

function levelOf(expr: Json): Level {
  if (is(expr, "and", "or")) return Level.junction;
  if (is(expr, "not")) return is(expr[1] ?? null, "in", "matches") ? Level.comparison : Level.negation;
  return is(expr, ...COMPARISONS.keys()) ? Level.comparison : Level.path;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A number as Python writes it. A whole number that JavaScript cannot hold exactly is written as the float that it is. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  if (Number.isSafeInteger(value)) return String(value);
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
