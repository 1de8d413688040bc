/** The calls of the editor, with documents as the editor knows them. */
import { address, get, post, send, type Schemas } from "@/api/client";
import type { GraphDocument, Json, Layout } from "./model/document";
import type { Problem } from "./model/problems";
import type { Parameter } from "@/parts/task-schema";

export type GraphVersion = Schemas["SavedGraph"];

export type SavedGraph = Omit<Schemas["GraphDetail"], "document" | "layout"> & { document: GraphDocument; layout: Layout };

export type Step = Schemas["DryRunStep"];
export type DryRun = Schemas["DryRun"];
export type DryInput = Omit<Schemas["DryRunForm"], "document"> & { document: GraphDocument };

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

/** The generated types say of documents only that they are objects. */
type Loose = Record<string, never>;

const loose = (value: object): Loose => value as Loose;
const saved = (answer: Schemas["GraphDetail"]): SavedGraph => {
  const layout = answer.layout as Partial<Layout>;
  return { ...answer, document: answer.document as unknown as GraphDocument, layout: { nodes: layout.nodes ?? {} } };
};

export async function readTasks(signal?: AbortSignal): Promise<Task[]> {
  return (await get("/api/tasks", {}, {}, signal)) as Task[];
}

export async function readGraph(name: string, version: number | null, signal?: AbortSignal): Promise<SavedGraph> {
  return saved(await get("/api/graphs/{name}", { name }, { version }, signal));
}

export function readVersions(name: string, signal?: AbortSignal): Promise<GraphVersion[]> {
  return get("/api/graphs/{name}/versions", { name }, {}, signal);
}

export async function saveVersion(name: string, body: { document: GraphDocument; layout: Layout; note: string; base: number | null }): Promise<SavedGraph> {
  return saved(await post("/api/graphs/{name}/versions", { name }, { ...body, document: loose(body.document), layout: loose(body.layout) }));
}

export async function rollBack(name: string, body: { version: number; note: string; base: number | null }): Promise<SavedGraph> {
  return saved(await post("/api/graphs/{name}/roll-back", { name }, body));
}

export async function check(document: unknown, signal?: AbortSignal): Promise<Problem[]> {
  // Not by `post`, which cannot be given up: the next change asks again.
  return ((await send("POST", address("/api/graph-tools/check"), { document }, signal)) as { problems: Problem[] }).problems;
}

export function dryRun(body: DryInput): Promise<DryRun> {
  return post("/api/graph-tools/dry-run", {}, { ...body, document: loose(body.document) });
}

export async function testRun(body: { document: GraphDocument; args: Json[]; kwargs: Record<string, Json> }): Promise<Schemas["RunView"]> {
  return (await post("/api/graph-tools/test-run", {}, { ...body, document: loose(body.document), kwargs: loose(body.kwargs) })).run;
}

export async function pythonOf(document: GraphDocument): Promise<string> {
  return (await post("/api/graph-tools/python", {}, { document: loose(document), name: "graph" })).code;
}

export function differenceOf(old: GraphDocument, now: GraphDocument, names: [string, string]): Promise<Difference> {
  return post("/api/graph-tools/diff", {}, { old: loose(old), new: loose(now), names });
}

export async function readTemplates(signal?: AbortSignal): Promise<Template[]> {
  return (await get("/api/graph-templates", {}, {}, signal)) as Template[];
}

export async function buildTemplate(template: string, parameters: unknown): Promise<GraphDocument> {
  return (await post("/api/graph-templates/{template}", { template }, { parameters: loose(parameters as object) })).document as unknown as GraphDocument;
}
