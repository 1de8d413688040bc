/** Documents of graphs, as `ConditionalGraph.to_dict()` writes them. The editor changes the document itself, so nothing is lost. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An expression of a condition: a literal, or a list that begins with an operator. */
export type Expression = Json;

export interface Signature {
  task: string;
  args?: Json[];
  kwargs?: Record<string, Json>;
  options?: Record<string, Json>;
  subtask_type?: string | null;
  immutable?: boolean;
  [other: string]: unknown;
}

export interface ApprovalBody {
  timeout?: number | null;
  on_timeout?: "reject" | "approve" | "fail";
  message?: string;
}

export interface RetryRule {
  attempts: number;
  backoff?: number;
  factor?: number;
  longest?: number;
  jitter?: boolean;
  on?: string[];
}

export interface NodeEntry {
  name: string;
  signature?: Signature;
  approval?: ApprovalBody;
  join?: "all" | "any";
  inputs?: Record<string, Expression>;
  max_visits?: number;
  retry?: RetryRule;
  map_over?: Expression;
  max_concurrency?: number;
}

/** One declaration of edges: plain, of errors, of conditions, or of keys. */
export interface EdgeEntry {
  from: string;
  to?: string;
  error?: string[] | null;
  when?: [Expression, string][];
  keys?: [string | number | boolean | null, string][];
  router?: Signature;
  otherwise?: string;
  mode?: "first" | "all";
  strict?: boolean;
}

/** What a document and a nested graph have in common. */
export interface GraphBody {
  name?: string;
  nodes: NodeEntry[];
  edges: EdgeEntry[];
  max_visits?: number;
  retry?: RetryRule;
  deadline?: number;
  category?: string;
  tags?: string[];
  [other: string]: unknown;
}

export interface GraphDocument extends GraphBody {
  version: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Where nodes stand: by name, nested ones by path, `outer/inner`. Lies beside the document, never in it. */
export interface Layout {
  nodes: Record<string, Point>;
}

/** What the editor edits. */
export interface Sheet {
  document: GraphDocument;
  layout: Layout;
}

/** The names of the nodes around the graph that is shown. */
export type Path = readonly string[];

export const START = "__start__";
export const END = "__end__";
export const GRAPH = "orchestrator.graph";
export const SWARM = "orchestrator.swarm";
export const VERSION = 1;

export function emptyDocument(name = ""): GraphDocument {
  return { version: VERSION, ...(name ? { name } : {}), nodes: [], edges: [] };
}

/** The graph inside a node, or null. */
export function nestedIn(node: NodeEntry | undefined): GraphBody | null {
  const signature = node?.signature;
  if (!signature || signature.subtask_type !== GRAPH) return null;
  return signature.kwargs as unknown as GraphBody;
}

/** The graph at a path; null if a node on the way is no graph any more. */
export function graphAt(document: GraphDocument, path: Path): GraphBody | null {
  let graph: GraphBody | null = document;
  for (const name of path) graph = nestedIn(graph?.nodes.find((node) => node.name === name));
  return graph && Array.isArray(graph.nodes) && Array.isArray(graph.edges) ? graph : null;
}

/** The document with another graph at a path; all other parts stay the same objects. */
export function withGraphAt(document: GraphDocument, path: Path, change: (graph: GraphBody) => GraphBody): GraphDocument {
  return inside(document, path, change) as GraphDocument;
}

function inside(graph: GraphBody, path: Path, change: (graph: GraphBody) => GraphBody): GraphBody {
  const [first, ...rest] = path;
  if (first === undefined) return change(graph);
  const nodes = graph.nodes.map((node) => {
    const inner = node.name === first ? nestedIn(node) : null;
    if (!inner || !node.signature) return node;
    const kwargs = inside(inner, rest, change) as unknown as Record<string, Json>;
    return { ...node, signature: { ...node.signature, kwargs } };
  });
  return { ...graph, nodes };
}

/** The key of a node in the layout. */
export function placeKey(path: Path, name: string): string {
  return [...path, name].join("/");
}

/** A copy of an object in which undefined values are absent, in the order of the first object's keys. */
export function patched<T extends object>(object: T, change: Partial<{ [Key in keyof T]: T[Key] | undefined }>): T {
  const next = { ...object, ...change };
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as T;
}

/** Why the editor cannot draw a document; null if it can. The server's checks say all other problems. */
export function unreadable(document: unknown): string | null {
  if (!isObject(document)) return "This is not a graph's document: an object with version, nodes and edges is expected.";
  const { version, nodes, edges } = document;
  if (version !== VERSION)
    return typeof version === "number" && version > VERSION
      ? `This document has version ${version}. This editor reads version ${VERSION}: upgrade orchestrator-celery.`
      : `version=${JSON.stringify(version) ?? "nothing"} of this document is unknown. This editor reads version ${VERSION}.`;
  return unreadableGraph({ nodes, edges }, "the document");
}

/** Whether a value holds whole numbers that a browser rounds. To save such a document would change it silently. */
export function isRounded(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some(isRounded);
}

function unreadableGraph(graph: { nodes?: unknown; edges?: unknown }, where: string): string | null {
  if (!Array.isArray(graph.nodes) || !Array.isArray(graph.edges)) return `nodes and edges of ${where} are not lists.`;
  for (const node of graph.nodes as unknown[]) {
    if (!isObject(node) || typeof node["name"] !== "string") return `A node of ${where} has no name.`;
    const signature = node["signature"];
    if (isObject(node["approval"])) continue;
    if (!isObject(signature) || typeof signature["task"] !== "string") return `Node ${JSON.stringify(node["name"])} of ${where} has neither a task nor an approval.`;
    if (signature["subtask_type"] !== GRAPH) continue;
    if (!isObject(signature["kwargs"])) return `Node ${JSON.stringify(node["name"])} of ${where} holds no graph.`;
    const inner = unreadableGraph(signature["kwargs"], JSON.stringify(node["name"]));
    if (inner) return inner;
  }
  for (const edge of graph.edges as unknown[]) {
    const fine =
      isObject(edge) && typeof edge["from"] === "string" && (typeof edge["to"] === "string" || pairs(edge["when"]) || pairs(edge["keys"])) && (edge["otherwise"] === undefined || typeof edge["otherwise"] === "string");
    if (!fine) return `An edge of ${where} is not in the form of the JSON Schema.`;
  }
  return null;
}

function pairs(value: unknown): boolean {
  return Array.isArray(value) && value.every((part: unknown) => Array.isArray(part) && part.length === 2 && typeof part[1] === "string");
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
