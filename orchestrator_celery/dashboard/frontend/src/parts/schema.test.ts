import { describe, expect, it } from "vitest";
import { blank, problemsOf, resolve, valuesOf, type Schema } from "./schema";

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

describe("an object with free names", () => {
  const weights: Schema = { type: "object", additionalProperties: { type: "number", minimum: 0 }, minProperties: 1 };

  it("begins empty, and tells what is wrong with each value", () => {
    expect(blank(weights, weights)).toEqual({});
    expect([...problemsOf(weights, {}, weights, "weights")]).toEqual([["weights", "At least 1."]]);
    expect([...problemsOf(weights, { old: 1, new: -1 }, weights, "weights")]).toEqual([["weights.new", "At least 0."]]);
  });

  it("is no object with known names", () => {
    expect(valuesOf(weights)).toEqual({ type: "number", minimum: 0 });
    expect(valuesOf({ ...weights, properties: { old: {} } })).toBeNull();
  });
});
