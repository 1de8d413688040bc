/** What the builder offers: comparisons that suit a value, kinds of values, and first values of new rows. */
import { is, isMoment, TYPES, type Expression, type Json } from "./expression";
import type { Comparison, Row } from "./rows";
import { keysOf, literalOf, sampleOf, typeWord, type Scope } from "./sample";

export const COMPARISON_LABELS: ReadonlyMap<Comparison, string> = new Map([
  ["eq", "equals"],
  ["ne", "differs from"],
  ["gt", "is more than"],
  ["ge", "is at least"],
  ["lt", "is less than"],
  ["le", "is at most"],
  ["in", "is one of"],
  ["contains", "contains"],
  ["matches", "matches the pattern"],
  ["is_type", "has the type"],
  ["exists", "exists"],
  ["holds", "is true"],
]);

export type ValueKind = "text" | "number" | "bool" | "null" | "list" | "date" | "expression";

export const KIND_LABELS: ReadonlyMap<ValueKind, string> = new Map([
  ["text", "text"],
  ["number", "number"],
  ["bool", "true / false"],
  ["null", "null"],
  ["list", "list"],
  ["date", "date"],
  ["expression", "path"],
]);

const SUITED: Record<string, readonly Comparison[]> = {
  str: ["eq", "ne", "in", "contains", "matches"],
  int: ["eq", "ne", "gt", "ge", "lt", "le", "in"],
  float: ["gt", "ge", "lt", "le"],
  bool: ["holds", "eq"],
  list: ["contains", "exists"],
  dict: ["contains", "exists"],
  null: ["exists", "eq", "ne"],
};

/** The comparisons that suit the sample's value at a path, and all others. */
export function comparisonsFor(left: Expression, scope: Scope): { suited: Comparison[]; others: Comparison[] } {
  const found = sampleOf(left, scope.sample);
  const all = [...COMPARISON_LABELS.keys()];
  const suited = is(left, "date") ? (["lt", "le", "gt", "ge"] as const) : found ? SUITED[typeWord(found.value)] : undefined;
  return { suited: suited ? [...suited] : all, others: suited ? all.filter((each) => !suited.includes(each)) : [] };
}

export function kindOf(value: Expression): ValueKind {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "bool";
  if (is(value, "datetime")) return "date";
  return is(value, "value") && Array.isArray(value[1]) ? "list" : "expression";
}

/** The value as another kind; what fits is kept. */
export function asKind(value: Expression, kind: ValueKind): Expression {
  if (kindOf(value) === kind) return value;
  const plain: Json = is(value, "value", "datetime") ? (value[1] ?? null) : Array.isArray(value) ? null : value;
  const first = Array.isArray(plain) ? (plain[0] ?? null) : plain;
  const text = first === null || typeof first === "object" ? "" : String(first);
  switch (kind) {
    case "text":
      return text;
    case "number":
      return Number.isFinite(Number(text)) ? Number(text) : 0;
    case "bool":
      return text !== "false" && text !== "0";
    case "null":
      return null;
    case "list":
      return ["value", first === null ? [] : [first]];
    case "date":
      return ["datetime", isMoment(text) ? text : "2030-01-01T00:00:00Z"];
    default:
      return ["run_input"];
  }
}

/** A row with another comparison, and a value that the comparison can take. */
export function withComparison(row: Row, comparison: Comparison, scope: Scope): Row {
  const next = { ...row, comparison };
  if (comparison === "holds" || comparison === "exists") return { ...next, right: null };
  if (comparison === "in") return { ...next, right: kindOf(row.right) === "expression" ? row.right : asKind(row.right ?? sampled(row, scope), "list") };
  if (comparison === "is_type") return { ...next, right: TYPES.includes(String(row.right)) ? row.right : typeOf(row.left, scope) };
  if (comparison === "contains") return { ...next, right: typeof row.right === "string" ? row.right : partOf(row, scope) };
  if (comparison === "matches") return { ...next, right: typeof row.right === "string" ? row.right : "" };
  if (row.comparison === "in" && kindOf(row.right) === "list") return { ...next, right: firstOf(row.right) };
  if (row.comparison === "is_type" || row.comparison === "holds" || row.comparison === "exists") return { ...next, right: sampled(row, scope) };
  return next;
}

/** A first row for the value that the sample has, or for the whole result. */
export function newRow(scope: Scope): Row {
  const key = keysOf(sampleOf(["result"], scope.sample)?.value)[0]?.key;
  const left: Expression = key === undefined ? ["result"] : ["item", ["result"], key];
  const blank: Row = { kind: "row", negated: false, left, comparison: "holds", right: null };
  return withComparison(blank, comparisonsFor(left, scope).suited[0] ?? "eq", scope);
}

function sampled(row: Row, scope: Scope): Json {
  if (is(row.left, "date")) return ["datetime", "2030-01-01T00:00:00Z"];
  return literalOf(sampleOf(row.left, scope.sample)?.value) ?? "";
}

/** A first part for `contains`: an element of the sample's list, or a key of its mapping. */
function partOf(row: Row, scope: Scope): Json {
  const found = sampleOf(row.left, scope.sample)?.value;
  const part = Array.isArray(found) ? literalOf(found[0]) : keysOf(found)[0]?.key;
  return part ?? "";
}

function typeOf(left: Expression, scope: Scope): string {
  const found = sampleOf(left, scope.sample);
  return found ? typeWord(found.value) : "str";
}

function firstOf(list: Expression): Json {
  const elements = is(list, "value") ? list[1] : null;
  const first = Array.isArray(elements) ? elements[0] : undefined;
  return first === undefined || (first !== null && typeof first === "object") ? "" : first;
}

/** The elements of a list as text: `DE, FR, 5`. Text that JSON would read otherwise stands in quotes. */
export function listText(elements: readonly Json[]): string {
  return elements.map((each) => (typeof each === "string" && /^[^\s",[\]{}][^",[\]{}]*$/.test(each) && each.trim() === each && elementOf(each) === each ? each : JSON.stringify(each))).join(", ");
}

/** The elements that a text lists; null if a bracket or a quotation mark is open. */
export function elementsOf(text: string): Json[] | null {
  if (text.trim() === "") return [];
  const parts: string[] = [];
  let part = "";
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (quoted && character === "\\") part += character + (text[(at += 1)] ?? "");
    else if (character === "," && !quoted && depth === 0) {
      parts.push(part);
      part = "";
    } else {
      if (character === '"') quoted = !quoted;
      if (!quoted && "[{".includes(character)) depth += 1;
      if (!quoted && "]}".includes(character)) depth -= 1;
      part += character;
    }
  }
  return quoted || depth !== 0 ? null : [...parts, part].filter((each, index, all) => each.trim() !== "" || index < all.length - 1).map((each) => elementOf(each.trim()));
}

function elementOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
