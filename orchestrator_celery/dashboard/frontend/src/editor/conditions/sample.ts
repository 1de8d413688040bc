/** What a sample output says about an expression: its value, its type, and the keys that it has. */
import { is, operand, type Expression, type Json } from "./expression";

export interface Sample {
  /** The output of the node before. */
  result?: unknown;
  /** Outputs by the names of nodes. */
  nodes?: Record<string, unknown>;
  run_input?: unknown;
}

export interface Scope {
  /** The names of the graph's nodes. */
  names: readonly string[];
  sample?: Sample | undefined;
}

const ERROR = { type: "TimeoutError", message: "", traceback: "" };

/** The value of a path in the sample; null if the sample does not have it. */
export function sampleOf(expr: Expression, sample: Sample = {}): { value: unknown } | null {
  if (!Array.isArray(expr)) return { value: expr };
  if (is(expr, "value", "datetime")) return { value: operand(expr, 0) };
  if (is(expr, "result", "run_input")) return own(sample, expr[0]);
  if (is(expr, "node")) return own(sample.nodes, String(expr[1]));
  if (is(expr, "error")) return { value: ERROR };
  if (is(expr, "visits")) return { value: 1 };
  const inner = sampleOf(operand(expr, 0), sample);
  if (is(expr, "item")) return inner && itemOf(inner.value, operand(expr, 1));
  if (is(expr, "type")) return inner && { value: typeWord(inner.value) };
  if (is(expr, "length")) return inner && { value: lengthOfSample(inner.value) };
  if (is(expr, "date")) return inner;
  return { value: true };
}

/** The type in the words of `type(...)`. */
export function typeWord(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return ({ string: "str", boolean: "bool", object: "dict" } as Record<string, string>)[typeof value] ?? typeof value;
}

/** A value in a few characters. */
export function preview(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? "element" : "elements"}`;
  if (value !== null && typeof value === "object") return Object.keys(value).slice(0, 4).join(", ");
  const text = JSON.stringify(value) ?? "";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The keys that a value has, each with its value; of a list the first positions and the last. */
export function keysOf(value: unknown): { key: string | number; value: unknown }[] {
  if (Array.isArray(value)) {
    const shown = value.slice(0, 3).map((each: unknown, key) => ({ key: key as string | number, value: each }));
    return value.length ? [...shown, { key: -1, value: value.at(-1) as unknown }] : [];
  }
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).map(([key, each]) => ({ key, value: each as unknown }));
}

/** A sample value as a literal of an expression; a long one is left out. */
export function literalOf(value: unknown): Json | undefined {
  const plain = value === null || typeof value === "boolean" || typeof value === "number" || (typeof value === "string" && value.length <= 80);
  return plain ? (value as Json) : undefined;
}

function own(of: object | null | undefined, key: string): { value: unknown } | null {
  const value = of && Object.hasOwn(of, key) ? (of as Record<string, unknown>)[key] : undefined;
  return value === undefined ? null : { value };
}

function itemOf(of: unknown, key: Json): { value: unknown } | null {
  if (typeof key === "number") {
    if (!Array.isArray(of) || key >= of.length || key < -of.length) return null;
    return { value: of.at(key) as unknown };
  }
  return of !== null && typeof of === "object" && !Array.isArray(of) ? own(of, String(key)) : null;
}

function lengthOfSample(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return value !== null && typeof value === "object" ? Object.keys(value).length : 0;
}
