/** The items of a swarm as lines of text, one an item, if all run the same task. Pure. */
import { isObject, type Json, type Signature } from "./document";

/** Items that differ in their arguments only. */
export interface SameItems {
  /** The task of all items; empty while there is none. */
  task: string;
  /** Whether the items leave out what the swarm is given. */
  immutable: boolean;
  lines: string[];
}

/** The items as lines; null if they differ in more than their arguments, so that only their JSON shows all. */
export function sameItems(kwargs: Record<string, Json>): SameItems | null {
  const tasks = kwargs["tasks"] ?? [];
  // A priority or a callback of a single item belongs to its place.
  if (!Array.isArray(tasks) || kwargs["levels"] !== undefined || kwargs["own_callbacks"] !== undefined) return null;
  const items = tasks as unknown as Signature[];
  const [first] = items;
  const lines: string[] = [];
  for (const item of items) {
    const line = isObject(item) && isPlain(item) && item.task === first?.task && item.immutable === first.immutable ? lineOf(item) : null;
    if (line === null) return null;
    lines.push(line);
  }
  return { task: first?.task ?? "", immutable: first?.immutable === true, lines };
}

/** Lines as items. Empty lines are left out. */
export function itemsOf({ task, immutable, lines }: SameItems): Json[] {
  return lines
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => ({ ...argumentsOf(line), immutable, options: {}, subtask_type: null, task }));
}

/** A list is the arguments by position, an object those by name, anything else the only one; what is no JSON is text. */
function argumentsOf(line: string): { args: Json[]; kwargs: Record<string, Json> } {
  const value = parsed(line);
  if (Array.isArray(value)) return { args: value, kwargs: {} };
  if (isObject(value)) return { args: [], kwargs: value };
  return { args: [value], kwargs: {} };
}

function lineOf({ args = [], kwargs = {} }: Signature): string | null {
  if (Object.keys(kwargs).length) return args.length ? null : JSON.stringify(kwargs);
  const [only] = args;
  if (args.length !== 1 || Array.isArray(only) || isObject(only)) return JSON.stringify(args);
  return typeof only === "string" && isBare(only) ? only : JSON.stringify(only);
}

/** Whether a text stays itself without quotes. */
function isBare(text: string): boolean {
  return text !== "" && text === text.trim() && !/[\r\n]/.test(text) && parsed(text) === text;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Whether a signature is a call of a task without anything that a form would not show. */
function isPlain(signature: Signature): boolean {
  return typeof signature.task === "string" && !signature.subtask_type && Object.keys(signature.options ?? {}).length === 0;
}

/** The task of a callback that a form can show: one call without arguments; empty for none, null for anything else. */
export function callbackTask(value: Json | undefined): string | null {
  if (value === undefined || (Array.isArray(value) && !value.length)) return "";
  const [only, ...others] = (Array.isArray(value) ? value : [value]) as unknown as Signature[];
  const plain = only && !others.length && isObject(only) && isPlain(only) && !only.args?.length && !Object.keys(only.kwargs ?? {}).length && !only.immutable;
  return plain ? only.task : null;
}

/** A call of a task without arguments, as Celery writes it. */
export function callOf(task: string): Json {
  return { args: [], immutable: false, kwargs: {}, options: {}, subtask_type: null, task };
}
