/** Expressions of conditions: names in them, and a short text for labels. */
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

const SIGNS: Record<string, string> = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=", and: "and", or: "or", in: "in", matches: "matches" };
const WORD = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** One line that says what an expression means. */
export function expressionText(expression: Expression): string {
  if (!Array.isArray(expression)) return JSON.stringify(expression) ?? "";
  const [head, first = null, second = null] = expression;
  if (typeof head !== "string") return JSON.stringify(expression);
  if (SIGNS[head]) return `${inner(first)} ${SIGNS[head]} ${head === "matches" ? JSON.stringify(second) : inner(second)}`;
  if (head === "not") return `not ${inner(first)}`;
  if (head === "item") return typeof second === "string" && WORD.test(second) ? `${expressionText(first)}.${second}` : `${expressionText(first)}[${JSON.stringify(second)}]`;
  if (head === "node") return typeof first === "string" && WORD.test(first) ? `nodes.${first}` : `node(${JSON.stringify(first)})`;
  if (head === "value") return JSON.stringify(first);
  if (expression.length === 1) return head;
  return `${head}(${head === "datetime" ? JSON.stringify(first) : expressionText(first)})`;
}

function inner(expression: Expression): string {
  const text = expressionText(expression);
  return Array.isArray(expression) && typeof expression[0] === "string" && (SIGNS[expression[0]] !== undefined || expression[0] === "not") ? `(${text})` : text;
}
