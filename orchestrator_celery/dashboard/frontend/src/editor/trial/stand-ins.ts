/** What a person types for a dry run, and what the server takes. Pure. */
import type { DryInput } from "../api";
import type { GraphDocument, Json } from "../model/document";

export interface StandIns {
  args: Json[];
  kwargs: Record<string, Json>;
  /** Results as text, JSON for each visit with a bar between them. */
  results: Record<string, string>;
  errors: Record<string, { type: string; message: string }>;
  decisions: Record<string, string>;
  /** Keys that routers give, as text, by the node before the router. */
  routes: Record<string, string>;
}

/** Splits a text at the bars that stand outside of strings of JSON, and reads each part; null if one is no JSON. */
export function resultsOf(text: string): Json[] | null {
  const parts: string[] = [""];
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index] ?? "";
    if (letter === "\\" && quoted) {
      parts[parts.length - 1] += letter + (text[index + 1] ?? "");
      index += 1;
      continue;
    }
    if (letter === '"') quoted = !quoted;
    if (letter === "|" && !quoted) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  try {
    return parts.map((part) => JSON.parse(part) as Json);
  } catch {
    return null;
  }
}

export function dryInput(document: GraphDocument, input: StandIns): DryInput {
  const results = readAll(input.results);
  const known = new Set(document.nodes.map((node) => node.name));
  const only = <T>(values: Record<string, T>): Record<string, T> => (known.size ? Object.fromEntries(Object.entries(values).filter(([name]) => known.has(name))) : values);
  const decisions = Object.fromEntries(document.nodes.filter((node) => node.approval).map((node) => [node.name, input.decisions[node.name] ?? "approved"]));
  return { document, args: input.args, kwargs: input.kwargs, results: only(results), errors: only(input.errors), decisions, routes: readAll(input.routes) };
}

function readAll(texts: Record<string, string>): Record<string, Json[]> {
  const found: Record<string, Json[]> = {};
  for (const [name, text] of Object.entries(texts)) {
    const read = text.trim() ? resultsOf(text) : null;
    if (read) found[name] = read;
  }
  return found;
}
