/** The form of a task's arguments. */
import type { Schemas } from "@/api/client";
import type { Schema } from "@/parts/schema";

type Task = Schemas["TaskView"];

/** The parameters of a task as one JSON Schema; a parameter without a type hint takes any JSON. */
export function schemaOf(task: Task): Schema {
  const parameters = task.parameters ?? [];
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
