/** The rows of the condition builder. Every expression has rows, and its rows give the same expression. */
import { is, operand, type Expression, type Json } from "./expression";

export type Joint = "and" | "or";

export interface Group {
  kind: "group";
  joint: Joint;
  negated: boolean;
  items: Item[];
}

/** A path with a comparison; `right` is not used by comparisons without a value. */
export interface Row {
  kind: "row";
  negated: boolean;
  left: Expression;
  comparison: Comparison;
  right: Expression;
}

/** A condition that has no row form. */
export interface TextRow {
  kind: "text";
  expression: Expression;
}

export type Item = Group | Row | TextRow;
export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "in" | "contains" | "matches" | "is_type" | "exists" | "holds";
/** Where an item stands: indexes from the outermost group. */
export type Place = readonly number[];

/** The items of an expression. The outermost group has one item if nothing is joined. */
export function groupOf(expr: Expression | undefined): Group {
  if (expr === undefined) return { kind: "group", joint: "and", negated: false, items: [] };
  const item = itemOf(expr);
  return item.kind === "group" && !item.negated ? item : { kind: "group", joint: "and", negated: false, items: [item] };
}

/** The expression of an item; undefined for a group without items. */
export function expressionOf(item: Item): Expression | undefined {
  if (item.kind === "text") return item.expression;
  const plain = item.kind === "row" ? compared(item) : joined(item);
  return item.negated && plain !== undefined ? ["not", plain] : plain;
}

/** A group with one item changed, or removed with null. */
export function replaced(group: Group, place: Place, change: (item: Item) => Item | null): Group {
  const [index = 0, ...rest] = place;
  const items = group.items.flatMap((item, other) => {
    if (other !== index) return [item];
    const next = rest.length && item.kind === "group" ? replaced(item, rest, change) : change(item);
    return next && !(next.kind === "group" && next.items.length === 0) ? [next] : [];
  });
  return { ...group, items };
}

/** A group with an item before the one at a place. */
export function inserted(group: Group, place: Place, added: Item): Group {
  const [index = 0, ...rest] = place;
  if (!rest.length) return { ...group, items: [...group.items.slice(0, index), added, ...group.items.slice(index)] };
  return { ...group, items: group.items.map((item, other) => (other === index && item.kind === "group" ? inserted(item, rest, added) : item)) };
}

/** The place to which an item moves: past its neighbour, into a group beside it, or out of its group. Null at the end. */
export function neighbour(group: Group, place: Place, step: 1 | -1): Place | null {
  const index = place.at(-1) ?? 0;
  const parent = place.slice(0, -1);
  const siblings = itemsAt(group, parent);
  const other = siblings[index + step];
  if (other?.kind === "group") return step > 0 ? [...parent, index + 1, 0] : [...parent, index - 1, other.items.length];
  if (other) return [...parent, index + (step > 0 ? 2 : -1)];
  if (!parent.length) return null;
  const outer = parent.at(-1) ?? 0;
  return [...parent.slice(0, -1), step > 0 ? outer + 1 : outer];
}

/** A group with an item moved by one step, and where the item stands then. */
export function moved(group: Group, place: Place, step: 1 | -1): { group: Group; place: Place } {
  const target = neighbour(group, place, step);
  const item = itemAt(group, place);
  if (!target || !item) return { group, place };
  // The copy goes in first, while the places are right; then the original is found by what it is.
  const copy = { ...item };
  const next = without(inserted(group, target, copy), item);
  return { group: next, place: placeOf(next, copy) ?? place };
}

function placeOf(group: Group, wanted: Item, at: Place = []): Place | null {
  for (const [index, item] of group.items.entries()) {
    const place = [...at, index];
    const found = item === wanted ? place : item.kind === "group" ? placeOf(item, wanted, place) : null;
    if (found) return found;
  }
  return null;
}

function without(group: Group, gone: Item): Group {
  const items = group.items.filter((item) => item !== gone).map((item) => (item.kind === "group" ? without(item, gone) : item));
  return { ...group, items: items.filter((item) => item.kind !== "group" || item.items.length > 0) };
}

function itemsAt(group: Group, place: Place): Item[] {
  const [index, ...rest] = place;
  if (index === undefined) return group.items;
  const item = group.items[index];
  return item?.kind === "group" ? itemsAt(item, rest) : [];
}

export function itemAt(group: Group, place: Place): Item | undefined {
  return itemsAt(group, place.slice(0, -1))[place.at(-1) ?? 0];
}

function itemOf(expr: Expression): Item {
  if (is(expr, "and", "or")) return { kind: "group", joint: expr[0] as Joint, negated: false, items: operandsOf(expr, expr[0]).map(itemOf) };
  if (is(expr, "not")) {
    const inner = itemOf(operand(expr, 0));
    return inner.kind === "text" || inner.negated ? { kind: "text", expression: expr } : { ...inner, negated: true };
  }
  return rowOf(expr) ?? { kind: "text", expression: expr };
}

/** `a and b and c` is one group; parentheses on the right make a group of their own. */
function operandsOf(expr: Expression, joint: string): Expression[] {
  return is(expr, joint) ? [...operandsOf(operand(expr, 0), joint), operand(expr, 1)] : [expr];
}

function rowOf(expr: Expression): Row | null {
  const row = (left: Expression, comparison: Comparison, right: Expression = null): Row => ({ kind: "row", negated: false, left, comparison, right });
  if (isPath(expr)) return row(expr, "holds");
  const [left, right] = [operand(expr, 0), operand(expr, 1)];
  if (is(expr, "exists")) return isPath(left) ? row(left, "exists") : null;
  if (is(expr, "in") && isValue(left) && isPath(right)) return row(right, "contains", left);
  if (!isPath(left)) return null;
  if (is(expr, "eq") && is(left, "type") && typeof right === "string" && isPath(operand(left, 0))) return row(operand(left, 0), "is_type", right);
  if (is(expr, "eq", "ne", "lt", "le", "gt", "ge", "in") && (isPath(right) || isValue(right))) return row(left, expr[0] as Comparison, right);
  return is(expr, "matches") ? row(left, "matches", right) : null;
}

/** Whether an expression is a root with keys, or a function of one. */
export function isPath(expr: Expression): boolean {
  if (is(expr, "result", "error", "run_input", "visits", "node")) return true;
  return is(expr, "item", "length", "type", "date") && isPath(operand(expr, 0));
}

function isValue(expr: Expression): boolean {
  return !Array.isArray(expr) || is(expr, "value", "datetime");
}

function compared({ left, comparison, right }: Row): Json {
  if (comparison === "holds") return left;
  if (comparison === "exists") return ["exists", left];
  if (comparison === "contains") return ["in", right, left];
  return comparison === "is_type" ? ["eq", ["type", left], right] : [comparison, left, right];
}

function joined(group: Group): Expression | undefined {
  const parts = group.items.map(expressionOf).filter((part) => part !== undefined);
  const [first, ...rest] = parts;
  return first === undefined ? undefined : rest.reduce<Expression>((left, right) => [group.joint, left, right], first);
}
