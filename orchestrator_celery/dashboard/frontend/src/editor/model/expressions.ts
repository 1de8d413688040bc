/** Expressions of conditions: names in them, and a short text for labels. */
import { asText } from "../conditions/grammar";
import type { Expression } from "./document";

/** What stands for itself below these operators is no expression. */
const OPAQUE = new Set(["value", "datetime"]);

/** The expression with another name for a node; the same object if it does not name the node. */
export function renameInExpression(expression: Expression, from: string, to: string): Expression {
  if (!Array.isArray(expression)) return expression;
  const [head, ...operands] = expression;
  if (typeof head === "string" && OPAQUE.has(head)) return expression;
  if (head === "node") return operands[0] === from ? ["node", to, ...operands.slice(1)] : expression;
  const next = operands.map((part) => renameInExpression(part, from, to));
  return next.some((part, index) => part !== operands[index]) ? [head ?? null, ...next] : expression;
}

/** The nodes that an expression reads. */
export function nodesRead(expression: Expression): string[] {
  if (!Array.isArray(expression)) return [];
  const [head, ...operands] = expression;
  if (typeof head === "string" && OPAQUE.has(head)) return [];
  if (head === "node") return typeof operands[0] === "string" ? [operands[0]] : [];
  return operands.flatMap(nodesRead);
}

/** One line that says what an expression means; JSON where it is none. */
export function expressionText(expression: Expression): string {
  try {
    return asText(expression);
  } catch {
    return JSON.stringify(expression) ?? "";
  }
}
