/** From declarations of edges to the lines that are drawn: one for each target. Pure. */
import { END, START, type EdgeEntry, type GraphBody } from "./document";
import { expressionText } from "./expressions";

export type EdgeKind = "plain" | "error" | "when" | "keys";
export type LineKind = "always" | "condition" | "otherwise" | "error" | "key";

/** Which target of a declaration: its only one, that of a condition or key by number, or that of the rest. */
export type Branch = number | "to" | "otherwise";

export interface Line {
  /** `edge:branch`: unique in the graph while its declarations stay where they are. */
  id: string;
  edge: number;
  branch: Branch;
  source: string;
  target: string;
  kind: LineKind;
  label: string;
  /** The place among lines between the same two nodes. */
  twin: number;
}

export function kindOf(edge: EdgeEntry): EdgeKind {
  if (edge.when) return "when";
  if (edge.keys) return "keys";
  return edge.error === undefined ? "plain" : "error";
}

/** All targets of a declaration, in the order in which they are tried. */
export function branchesOf(edge: EdgeEntry): { branch: Branch; target: string }[] {
  const rows = edge.when ?? edge.keys;
  if (!rows) return edge.to === undefined ? [] : [{ branch: "to", target: edge.to }];
  const found: { branch: Branch; target: string }[] = rows.map(([, target], index) => ({ branch: index, target }));
  if (edge.otherwise !== undefined) found.push({ branch: "otherwise", target: edge.otherwise });
  return found;
}

export function lineId(edge: number, branch: Branch): string {
  return `${edge}:${branch}`;
}

/** A graph never changes, so its lines are found once. */
const known = new WeakMap<GraphBody, readonly Line[]>();

export function linesOf(graph: GraphBody): readonly Line[] {
  const before = known.get(graph);
  if (before) return before;
  const found = drawnLines(graph);
  known.set(graph, found);
  return found;
}

function drawnLines(graph: GraphBody): Line[] {
  const between = new Map<string, number>();
  return graph.edges.flatMap((edge, index) =>
    branchesOf(edge).map(({ branch, target }): Line => {
      const ends = JSON.stringify([edge.from, target]);
      const twin = between.get(ends) ?? 0;
      between.set(ends, twin + 1);
      return { id: lineId(index, branch), edge: index, branch, source: edge.from, target, kind: lineKind(edge, branch), label: labelOf(edge, branch), twin };
    }),
  );
}

function lineKind(edge: EdgeEntry, branch: Branch): LineKind {
  if (branch === "otherwise") return "otherwise";
  return ({ plain: "always", error: "error", when: "condition", keys: "key" } as const)[kindOf(edge)];
}

export function labelOf(edge: EdgeEntry, branch: Branch): string {
  if (branch === "otherwise") return "otherwise";
  if (branch === "to") return edge.error === undefined ? "" : Array.isArray(edge.error) ? `on ${edge.error.join(", ")}` : "on error";
  if (edge.when) return expressionText(edge.when[branch]?.[0] ?? null);
  const key = edge.keys?.[branch]?.[0];
  return typeof key === "string" ? key : JSON.stringify(key ?? null);
}

/** The names that lines may lead from or to, beside nodes. */
export function isMarker(name: string): boolean {
  return name === START || name === END;
}

export function displayName(name: string): string {
  return name === START ? "START" : name === END ? "END" : name;
}
