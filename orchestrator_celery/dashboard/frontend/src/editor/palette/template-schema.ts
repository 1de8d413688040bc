/** The form of a template: signatures are chosen from the tasks of the project. Pure. */
import { valuesOf, type Schema } from "@/parts/schema";
import { END } from "../model/document";

interface Marked extends Schema {
  format?: string;
}

const TASK = new Set(["signature"]);

/** The schema with a choice of tasks in place of signatures, which a form could not show. */
export function formSchema(schema: Marked, tasks: readonly string[]): Marked {
  const options = (schema.anyOf ?? [schema]) as Marked[];
  if (options.some(({ format }) => TASK.has(format ?? ""))) {
    const ends = options.some(({ format }) => format === "node") ? [END] : [];
    // Entries of lists and mappings have no words of their own, only those about signatures as JSON.
    const text = schema.title === undefined ? undefined : [schema.description, options.find(({ format }) => TASK.has(format ?? ""))?.description].find(Boolean);
    return { type: "string", ...(schema.title ? { title: schema.title } : {}), ...(text ? { description: text } : {}), enum: [...tasks, ...ends] };
  }
  const duration = options.find((part) => (part.anyOf as Marked[] | undefined)?.some(({ format }) => format === "duration"));
  if (duration) return { type: "number", ...(schema.title ? { title: schema.title } : {}), ...(schema.description ? { description: schema.description } : {}) };
  if (options.some(({ format }) => format === "field")) return { type: "string", ...(schema.title ? { title: schema.title } : {}), description: [schema.description, "A field of the result, or an expression as JSON."].filter(Boolean).join(" ") };
  // Names with targets are the form of choices that pairs in a list could say too.
  const map = mapOf(schema);
  if (map && schema.anyOf) return formSchema({ ...map, ...(schema.title ? { title: schema.title } : {}), ...(schema.description ? { description: schema.description } : {}) }, tasks);
  const next: Marked = { ...schema };
  if (map?.additionalProperties && typeof map.additionalProperties === "object") next.additionalProperties = formSchema(map.additionalProperties as Marked, tasks);
  if (schema.properties) next.properties = Object.fromEntries(Object.entries(schema.properties).map(([key, part]) => [key, formSchema(part as Marked, tasks)]));
  if (schema.items) next.items = formSchema(schema.items as Marked, tasks);
  if (schema.$defs) next.$defs = Object.fromEntries(Object.entries(schema.$defs).map(([key, part]) => [key, formSchema(part as Marked, tasks)]));
  return next;
}

/** The object with free names that a schema allows. */
function mapOf(schema: Marked): Marked | null {
  return ((schema.anyOf ?? [schema]) as Marked[]).find((part) => valuesOf(part)) ?? null;
}

/**
 * The parameters as the server takes them: names of tasks become signatures, and JSON in text becomes its value. A name in the
 * place of a signature is that of a task, also if the list of tasks has lost it meanwhile because its worker is late.
 */
export function parametersOf(schema: Marked, value: unknown, root: Marked = schema): unknown {
  if (schema.$ref) return parametersOf((root.$defs?.[schema.$ref.replace(/^#\/\$defs\//, "")] ?? {}) as Marked, value, root);
  const options = (schema.anyOf ?? [schema]) as Marked[];
  if (typeof value === "string") {
    if (options.some(({ format }) => TASK.has(format ?? ""))) return value === "" || value === END ? value : { task: value };
    return options.some(({ format }) => format === "field" || format === "expression") && value.startsWith("[") ? read(value) : value;
  }
  if (Array.isArray(value)) return schema.items ? value.map((each) => parametersOf(schema.items as Marked, each, root)) : value;
  if (value === null || typeof value !== "object") return value;
  const map = mapOf(schema);
  const inner = map ? valuesOf(map) : null;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const part = schema.properties?.[key] ?? inner;
      return [key, part ? parametersOf(part as Marked, each, root) : each];
    }),
  );
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
