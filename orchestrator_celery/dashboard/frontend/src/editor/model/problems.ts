/** Problems of the check, by the node and the edge at which they are shown. */
import { END, graphAt, START, type GraphBody, type GraphDocument, type Path } from "./document";
import { lineId, branchesOf } from "./lines";

export interface Problem {
  /** A node by name, nested ones by path; null for the graph as a whole. */
  node: string | null;
  /** The index in the edges of the graph that has the node. */
  edge: number | null;
  text: string;
}

export interface Located extends Problem {
  path: Path;
  name: string | null;
}

/** Splits the path of a problem's node into the graphs around it and the node's own name. */
export function locate(document: GraphDocument, problem: Problem): Located {
  const parts = (problem.node ?? "").split("/").filter(Boolean);
  const path: string[] = [];
  while (parts.length > 1 && graphAt(document, [...path, parts[0] ?? ""])) path.push(parts.shift() ?? "");
  const name = parts.join("/") || null;
  const graph = graphAt(document, path);
  const shown = name === null || name === START || name === END || (graph && namesOf(graph).has(name));
  return { ...problem, path, name: shown ? name : null };
}

/** A graph never changes, so its names are found once: a large graph may have a problem at each node. */
const known = new WeakMap<GraphBody, ReadonlySet<string>>();

function namesOf(graph: GraphBody): ReadonlySet<string> {
  const names = known.get(graph) ?? new Set(graph.nodes.map(({ name }) => name));
  known.set(graph, names);
  return names;
}

export interface Marks {
  nodes: Map<string, string[]>;
  lines: Map<string, string[]>;
}

/** What to mark in the graph at a path. A problem inside a nested graph marks the node that holds it, too. */
export function marksOf(document: GraphDocument, problems: readonly Problem[], path: Path): Marks {
  const nodes = new Map<string, string[]>();
  const lines = new Map<string, string[]>();
  const graph = graphAt(document, path);
  const add = (map: Map<string, string[]>, key: string, text: string): void => void map.set(key, [...(map.get(key) ?? []), text]);
  for (const problem of problems) {
    const found = locate(document, problem);
    if (path.some((name, index) => found.path[index] !== name)) continue;
    const deeper = found.path[path.length];
    if (deeper !== undefined) {
      add(nodes, deeper, `${found.name ?? "its graph"}: ${problem.text}`);
      continue;
    }
    if (found.name !== null) add(nodes, found.name, problem.text);
    const edge = problem.edge === null ? undefined : graph?.edges[problem.edge];
    for (const { branch } of edge ? branchesOf(edge) : []) add(lines, lineId(problem.edge ?? 0, branch), problem.text);
  }
  return { nodes, lines };
}
