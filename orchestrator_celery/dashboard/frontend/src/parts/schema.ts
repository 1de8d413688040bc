/** The part of JSON Schema that forms need: what pydantic and the tasks' type hints produce. */

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  allOf?: Schema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minProperties?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  $ref?: string;
  $defs?: Record<string, Schema>;
}

/** Follows references, and takes `T | None` as an optional `T`. A union of several types stays without a type: any JSON. */
export function resolve(schema: Schema, root: Schema, depth = 0): Schema {
  if (depth > 20) return {};
  const { title, description } = schema;
  const keep = (inner: Schema): Schema => ({ ...inner, ...(title ? { title } : {}), ...(description ? { description } : {}) });
  if (schema.$ref) {
    const name = schema.$ref.replace(/^#\/\$defs\//, "");
    return keep(resolve(root.$defs?.[name] ?? {}, root, depth + 1));
  }
  if (schema.allOf?.length === 1 && schema.allOf[0]) return keep(resolve(schema.allOf[0], root, depth + 1));
  if (schema.anyOf) {
    const real = schema.anyOf.filter((part) => part.type !== "null");
    return real.length === 1 && real[0] ? keep(resolve(real[0], root, depth + 1)) : { ...keep({}) };
  }
  return schema;
}

/** The schema of the values of an object whose names are free; null for any other schema. */
export function valuesOf(schema: Schema): Schema | null {
  const { additionalProperties: values } = schema;
  return schema.type === "object" && !schema.properties && typeof values === "object" ? values : null;
}

/** A first value for a schema: its default, else the empty value of its type. */
export function blank(schema: Schema, root: Schema): unknown {
  const real = resolve(schema, root);
  if (schema.default !== undefined) return schema.default;
  if (real.default !== undefined) return real.default;
  if (real.enum?.length) return real.enum[0];
  if (real.type === "object")
    return Object.fromEntries(
      Object.entries(real.properties ?? {})
        .filter(([key, part]) => real.required?.includes(key) || part.default !== undefined)
        .map(([key, part]) => [key, blank(part, root)]),
    );
  // A number has no empty value: 0 would be sent by who forgets the field.
  return ({ array: [], string: "", boolean: false } as Record<string, unknown>)[real.type ?? ""] ?? null;
}

/** What is wrong with a value, by path. The server has the last word; this saves a round trip. */
export function problemsOf(schema: Schema, value: unknown, root: Schema = schema, path = "", found = new Map<string, string>()): Map<string, string> {
  const real = resolve(schema, root);
  if (value === undefined || value === null) return found;
  if (real.type === "object" && real.properties && typeof value === "object") {
    const object = value as Record<string, unknown>;
    for (const [key, part] of Object.entries(real.properties)) {
      const at = path ? `${path}.${key}` : key;
      if (real.required?.includes(key) && (object[key] === undefined || object[key] === null)) found.set(at, "This is required.");
      else problemsOf(part, object[key], root, at, found);
    }
  } else if (valuesOf(real) && typeof value === "object" && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length < (real.minProperties ?? 0)) found.set(path, `At least ${real.minProperties}.`);
    for (const [key, each] of entries) problemsOf(valuesOf(real) ?? {}, each, root, `${path}.${key}`, found);
  } else if (real.type === "array" && Array.isArray(value)) {
    value.forEach((item, index) => problemsOf(real.items ?? {}, item, root, `${path}.${index}`, found));
  } else {
    const problem = leafProblem(real, value);
    if (problem) found.set(path, problem);
  }
  return found;
}

function leafProblem(schema: Schema, value: unknown): string {
  if ((schema.type === "integer" || schema.type === "number") && typeof value !== "number") return "A number is expected.";
  if (schema.type === "integer" && !Number.isInteger(value)) return "A whole number is expected.";
  if (schema.type === "string" && typeof value !== "string") return "Text is expected.";
  if (typeof value === "number") {
    if (schema.minimum !== undefined && value < schema.minimum) return `At least ${schema.minimum}.`;
    if (schema.maximum !== undefined && value > schema.maximum) return `At most ${schema.maximum}.`;
  }
  if (typeof value === "string") {
    if (schema.minLength !== undefined && value.length < schema.minLength) return schema.minLength === 1 ? "This must not be empty." : `At least ${schema.minLength} characters.`;
    if (schema.maxLength !== undefined && value.length > schema.maxLength) return `At most ${schema.maxLength} characters.`;
  }
  return "";
}
