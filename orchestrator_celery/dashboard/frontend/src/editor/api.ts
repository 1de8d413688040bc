/** The calls of the editor. Their types stand here until the published OpenAPI document has all of them. */
import { get, send, address, type Schemas } from "@/api/client";
import type { GraphDocument, Json, Layout } from "./model/document";
import type { Problem } from "./model/problems";
import type { Parameter } from "./model/arguments";

export interface GraphVersion {
  name: string;
  version: number;
  signature: string;
  author: string | null;
  saved: string;
  note: string;
}

export interface SavedGraph extends GraphVersion {
  newest: number;
  document: GraphDocument;
  layout: Layout | null;
}

export interface Step {
  node: string;
  visit: number;
  input: Json;
  outcome: "succeeded" | "failed";
  value: Json;
  edges: number[];
  targets: string[];
  assumed?: boolean;
}

export interface DryRun {
  steps: Step[];
  result: Json;
  error: { type: string; message: string } | null;
}

export interface DryInput {
  document: GraphDocument;
  args: Json[];
  kwargs: Record<string, Json>;
  results: Record<string, Json[]>;
  errors: Record<string, { type: string; message: string }>;
  decisions: Record<string, string>;
}

export type Difference = Schemas["GraphDifferences"];

export interface Template {
  name: string;
  summary: string;
  parameters: object;
}

export interface Task {
  name: string;
  doc: string;
  category?: string | null;
  parameters?: Parameter[] | null;
  workers?: string[];
  lacking?: string[];
}

const graphPath = (name: string, rest = ""): string => address(`/api/graphs/{name}${rest}`, { name });

export async function readTasks(signal?: AbortSignal): Promise<Task[]> {
  return (await get("/api/tasks", {}, {}, signal)) as Task[];
}

export async function readGraph(name: string, version: number | null, signal?: AbortSignal): Promise<SavedGraph> {
  return (await send("GET", address("/api/graphs/{name}", { name }, { version }), undefined, signal)) as SavedGraph;
}

export async function readVersions(name: string, signal?: AbortSignal): Promise<GraphVersion[]> {
  const found = (await send("GET", graphPath(name, "/versions"), undefined, signal)) as GraphVersion[] | { graphs?: GraphVersion[]; versions?: GraphVersion[] };
  return Array.isArray(found) ? found : (found.versions ?? found.graphs ?? []);
}

export async function saveVersion(name: string, body: { document: GraphDocument; layout: Layout; note: string; base: number | null }): Promise<SavedGraph> {
  return (await send("POST", graphPath(name, "/versions"), body)) as SavedGraph;
}

export async function rollBack(name: string, body: { version: number; note: string; base: number | null }): Promise<SavedGraph> {
  return (await send("POST", graphPath(name, "/roll-back"), body)) as SavedGraph;
}

export async function check(document: unknown, signal?: AbortSignal): Promise<Problem[]> {
  return ((await send("POST", address("/api/graph-tools/check"), { document }, signal)) as { problems: Problem[] }).problems;
}

export async function dryRun(body: DryInput): Promise<DryRun> {
  return (await send("POST", address("/api/graph-tools/dry-run"), body)) as DryRun;
}

export async function testRun(body: { document: GraphDocument; args: Json[]; kwargs: Record<string, Json> }): Promise<Schemas["RunView"]> {
  return ((await send("POST", address("/api/graph-tools/test-run"), body)) as { run: Schemas["RunView"] }).run;
}

export async function pythonOf(document: GraphDocument): Promise<string> {
  return ((await send("POST", address("/api/graph-tools/python"), { document })) as { code: string }).code;
}

export async function differenceOf(old: GraphDocument, now: GraphDocument, signal?: AbortSignal): Promise<Difference> {
  return (await send("POST", address("/api/graph-tools/diff"), { old, new: now }, signal)) as Difference;
}

export async function readTemplates(signal?: AbortSignal): Promise<Template[]> {
  return (await send("GET", address("/api/graph-templates"), undefined, signal)) as Template[];
}

export async function buildTemplate(name: string, parameters: unknown): Promise<GraphDocument> {
  return ((await send("POST", address("/api/graph-templates/{name}", { name }), { parameters })) as { document: GraphDocument }).document;
}
