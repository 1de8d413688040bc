import { expect, it } from "vitest";
import { blank, problemsOf, resolve, type Schema } from "./schema";

const schema: Schema = {
  type: "object",
  required: ["order", "items"],
  properties: {
    order: { type: "integer", minimum: 1 },
    weight: { anyOf: [{ type: "number" }, { type: "null" }], title: "Weight" },
    either: { anyOf: [{ type: "number" }, { type: "string" }] },
    items: { type: "array", items: { $ref: "#/$defs/Item" } },
  },
  $defs: { Item: { type: "object", required: ["sku"], properties: { sku: { type: "string", minLength: 1 }, again: { $ref: "#/$defs/Item" } } } },
};

it("takes an optional type as its type, and a union as any JSON", () => {
  expect(resolve(schema.properties?.["weight"] ?? {}, schema)).toMatchObject({ type: "number", title: "Weight" });
  expect(resolve(schema.properties?.["either"] ?? {}, schema).type).toBeUndefined();
});

it("starts with the required fields, and does not follow a recursive schema for ever", () => {
  expect(blank(schema, schema)).toEqual({ order: null, items: [] });
  expect(resolve({ $ref: "#/$defs/A" }, { $defs: { A: { $ref: "#/$defs/A" } } })).toEqual({});
});

it("names each problem at its place", () => {
  const found = problemsOf(schema, { order: 0.5, items: [{}, { sku: "" }, { sku: "a" }] });
  expect([...found]).toEqual([
    ["order", "A whole number is expected."],
    ["items.0.sku", "This is required."],
    ["items.1.sku", "This must not be empty."],
  ]);
});
