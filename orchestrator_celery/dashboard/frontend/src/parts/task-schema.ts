/** The form of a task's arguments. */
import type { Schema } from "./schema";

export interface Parameter {
  name: string;
  required?: boolean;
  default?: string | null;
  json_schema?: unknown;
  kind?: string;
}

/** Parameters of a task as one JSON Schema, for a form; a parameter without a type hint takes any JSON. */
export function schemaOfParameters(parameters: readonly Parameter[]): Schema {
  const defs: Record<string, Schema> = {};
  const properties = Object.fromEntries(
    parameters.map((parameter) => {
      const { $defs, ...own } = (parameter.json_schema ?? {}) as Schema;
      Object.assign(defs, $defs);
      const hint = parameter.default ? `Default: ${parameter.default}` : undefined;
      return [parameter.name, { ...own, title: parameter.name, ...(hint ? { description: own.description ? `${own.description} ${hint}` : hint } : {}) }];
    }),
  );
  return { type: "object", properties, required: parameters.filter(({ required }) => required).map(({ name }) => name), $defs: defs };
}
