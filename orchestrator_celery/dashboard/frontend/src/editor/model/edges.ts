/** Commands on edges: connect, change the kind, order branches, remove. All take and return a graph. */
import { patched, START, type EdgeEntry, type Expression, type GraphBody } from "./document";
import { branchesOf, kindOf, lineId, linesOf, type Branch, type LineKind } from "./lines";

/** The decisions of an approval, which are the keys of the edges that leave it. */
export const DECISIONS = ["approved", "rejected"] as const;

/** A graph, and the line that a command made or changed. */
export interface Changed {
  graph: GraphBody;
  line: string | null;
}

function replaced(graph: GraphBody, index: number, edge: EdgeEntry | null): GraphBody {
  return { ...graph, edges: edge ? graph.edges.map((old, place) => (place === index ? edge : old)) : graph.edges.filter((_, place) => place !== index) };
}

function added(graph: GraphBody, edge: EdgeEntry, branch: Branch): Changed {
  return { graph: { ...graph, edges: [...graph.edges, edge] }, line: lineId(graph.edges.length, branch) };
}

/** Connects two nodes by the kind of edge that is most likely meant; the inspector can change it. */
export function connect(graph: GraphBody, source: string, target: string, kind: LineKind | "likely" = "likely"): Changed {
  if (kind === "error") return added(graph, { from: source, error: null, to: target }, "to");
  const existing = linesOf(graph).find((line) => line.source === source && line.target === target && line.kind === "always");
  const rule = graph.edges.findIndex((edge) => edge.from === source && (edge.when ?? edge.keys));
  const asked = kind === "likely" ? likely(graph, source, rule) : kind;
  if (asked === "always") return existing ? { graph, line: existing.id } : added(graph, { from: source, to: target }, "to");
  if (asked === "key" || asked === "otherwise" || asked === "condition") return withBranch(graph, source, target, asked, rule);
  return { graph, line: null };
}

function likely(graph: GraphBody, source: string, rule: number): LineKind {
  const edge = graph.edges[rule];
  const approval = graph.nodes.some((node) => node.name === source && node.approval);
  if (!edge) return approval ? "key" : "always";
  if (edge.keys) return "key";
  return edge.otherwise === undefined ? "otherwise" : "condition";
}

function withBranch(graph: GraphBody, source: string, target: string, kind: "key" | "otherwise" | "condition", rule: number): Changed {
  const edge = graph.edges[rule];
  if (kind === "otherwise" && edge && edge.otherwise === undefined) return { graph: replaced(graph, rule, { ...edge, otherwise: target }), line: lineId(rule, "otherwise") };
  if (kind === "key" || (kind === "otherwise" && edge?.keys)) {
    const keys = edge?.keys ?? [];
    const row: [string, string] = [freeKey(graph, source, keys.map(([key]) => key)), target];
    if (edge?.keys) return { graph: replaced(graph, rule, { ...edge, keys: [...keys, row] }), line: lineId(rule, keys.length) };
    return added(graph, { from: source, keys: [row], mode: "first" }, 0);
  }
  const row: [Expression, string] = [true, target];
  if (edge?.when) return { graph: replaced(graph, rule, { ...edge, when: [...edge.when, row] }), line: lineId(rule, edge.when.length) };
  return added(graph, { from: source, when: [row], mode: "first" }, 0);
}

function freeKey(graph: GraphBody, source: string, known: readonly unknown[]): string {
  const approval = graph.nodes.some((node) => node.name === source && node.approval);
  const decision = approval ? DECISIONS.find((each) => !known.includes(each)) : undefined;
  if (decision) return decision;
  for (let number = 1; ; number += 1) if (!known.includes(`key ${number}`)) return `key ${number}`;
}

/** Removes one target; a declaration without a target goes with it. */
export function removeBranch(graph: GraphBody, index: number, branch: Branch): GraphBody {
  const edge = graph.edges[index];
  if (!edge) return graph;
  return replaced(graph, index, withoutBranches(edge, (each) => each === branch));
}

/** A declaration without some of its targets; null if none is left, or only that of the rest. */
export function withoutBranches(edge: EdgeEntry, gone: (branch: Branch, target: string) => boolean): EdgeEntry | null {
  const left = branchesOf(edge).filter(({ branch, target }) => !gone(branch, target));
  if (left.length === branchesOf(edge).length) return edge;
  const rows = left.filter(({ branch }) => typeof branch === "number").map(({ branch }) => branch as number);
  if (kindOf(edge) === "plain" || kindOf(edge) === "error") return left.length ? edge : null;
  const rest = left.some(({ branch }) => branch === "otherwise") ? edge.otherwise : undefined;
  // A rule without a condition is an edge that is always taken.
  if (!rows.length) return rest === undefined ? null : { from: edge.from, to: rest };
  if (edge.when) return patched(edge, { when: edge.when.filter((_, index) => rows.includes(index)), otherwise: rest });
  return patched(edge, { keys: (edge.keys ?? []).filter((_, index) => rows.includes(index)), otherwise: rest });
}

/** Moves one target to another kind of edge out of the same node. */
export function changeKind(graph: GraphBody, index: number, branch: Branch, kind: LineKind): Changed {
  const edge = graph.edges[index];
  const line = linesOf(graph).find((each) => each.edge === index && each.branch === branch);
  if (!edge || !line || line.kind === kind) return { graph, line: line?.id ?? null };
  if (edge.from === START && kind === "error") return { graph, line: line.id };
  if (line.kind === "always" && (kind === "condition" || kind === "key") && !graph.edges.some((other) => other !== edge && other.from === edge.from && (other.when ?? other.keys))) {
    // In place, so that the order of the declarations stays.
    const next: EdgeEntry = kind === "condition" ? { from: edge.from, when: [[true, line.target]], mode: "first" } : { from: edge.from, keys: [[freeKey(graph, edge.from, []), line.target]], mode: "first" };
    return { graph: replaced(graph, index, next), line: lineId(index, 0) };
  }
  if ((line.kind === "always" && kind === "error") || (line.kind === "error" && kind === "always")) {
    const next: EdgeEntry = kind === "error" ? { from: edge.from, error: null, to: line.target } : { from: edge.from, to: line.target };
    return { graph: replaced(graph, index, next), line: lineId(index, "to") };
  }
  const without = removeBranch(graph, index, branch);
  const rule = without.edges.findIndex((other) => other.from === edge.from && (other.when ?? other.keys));
  // "Otherwise" belongs to a rule; without one it is an edge that is always taken.
  const asked = kind === "otherwise" && (rule < 0 || without.edges[rule]?.otherwise !== undefined) ? null : kind;
  return asked === null ? { graph, line: line.id } : connect(without, edge.from, line.target, asked);
}

export function changeEdge(graph: GraphBody, index: number, change: Partial<{ [Key in keyof EdgeEntry]: EdgeEntry[Key] | undefined }>): GraphBody {
  const edge = graph.edges[index];
  return edge ? replaced(graph, index, patched(edge, change)) : graph;
}

export function setCondition(graph: GraphBody, index: number, row: number, condition: Expression): GraphBody {
  const when = graph.edges[index]?.when;
  return when ? changeEdge(graph, index, { when: when.map((each, place) => (place === row ? [condition, each[1]] : each)) }) : graph;
}

export function setKey(graph: GraphBody, index: number, row: number, key: string | number | boolean | null): GraphBody {
  const keys = graph.edges[index]?.keys;
  return keys ? changeEdge(graph, index, { keys: keys.map((each, place) => (place === row ? [key, each[1]] : each)) }) : graph;
}

/** Leads a branch to another node. */
export function setTarget(graph: GraphBody, index: number, branch: Branch, target: string): GraphBody {
  const edge = graph.edges[index];
  if (!edge) return graph;
  if (branch === "to" || branch === "otherwise") return changeEdge(graph, index, { [branch]: target });
  if (edge.when) return changeEdge(graph, index, { when: edge.when.map((row, place) => (place === branch ? [row[0], target] : row)) });
  return changeEdge(graph, index, { keys: (edge.keys ?? []).map((row, place) => (place === branch ? [row[0], target] : row)) });
}

/** Changes the place of a condition or key among those of its rule. */
export function moveBranch(graph: GraphBody, index: number, row: number, step: number): GraphBody {
  const edge = graph.edges[index];
  const rows = edge?.when ?? edge?.keys;
  const to = row + step;
  if (!edge || !rows || to < 0 || to >= rows.length) return graph;
  const next = [...rows];
  const [moved] = next.splice(row, 1);
  if (moved) next.splice(to, 0, moved);
  return changeEdge(graph, index, edge.when ? { when: next as EdgeEntry["when"] } : { keys: next as EdgeEntry["keys"] });
}
