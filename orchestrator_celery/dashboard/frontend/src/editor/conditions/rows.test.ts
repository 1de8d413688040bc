import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it, vi } from "vitest";
import type { Expression } from "./expression";
import { asText, parse } from "./grammar";
import { expressionOf, groupOf, itemAt, moved, neighbour, replaced, type Group, type Place } from "./rows";
import { elementsOf, listText } from "./values";

vi.setConfig({ testTimeout: 20_000 });

const expressions = readFileSync(resolve("../../../tests/kit/conditions.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as unknown[])
  .filter((line) => line.length === 2)
  .map((line) => line[1] as Expression);

const rows = (text: string): Group => {
  const { expression } = parse(text);
  if (expression === undefined) throw new Error(text);
  return groupOf(expression);
};
const text = (group: Group): string => asText(expressionOf(group) ?? null);

it("shows every expression, and every showing gives the same expression", () => {
  for (const expression of expressions) expect(expressionOf(groupOf(expression))).toEqual(expression);
});

it.each([
  ["result.score >= 0.8", ["row"]],
  ['result.a in ["DE"] and not exists(result.b)', ["row", "row"]],
  ['"gift" in result.tags or (visits > 3 and result.paid)', ["row", "group"]],
  ["not (result.a or result.b)", ["group"]],
  ['type(result.a) == "str"', ["row"]],
  ["not not result.a", ["text"]],
  ["(result.a == 1) == result.b", ["text"]],
])("has rows for %s", (written, kinds) => {
  expect(rows(written).items.map(({ kind }) => kind)).toEqual(kinds);
});

it("moves an item past its neighbours, into groups and out of them, and loses none", () => {
  const start = rows("result.a and (result.b or result.c) and result.d");
  expect(text(moved(start, [0], 1).group)).toBe("(result.a or result.b or result.c) and result.d");
  expect(text(moved(start, [2], -1).group)).toBe("result.a and (result.b or result.c or result.d)");
  expect(text(moved(start, [1, 0], -1).group)).toBe("result.a and result.b and result.c and result.d");
  expect(text(moved(start, [1, 1], 1).group)).toBe("result.a and result.b and result.c and result.d");
  expect(text(moved(start, [1, 0], 1).group)).toBe("result.a and (result.c or result.b) and result.d");
  expect(text(moved(start, [1], 1).group)).toBe("result.a and result.d and (result.b or result.c)");
  expect(neighbour(start, [0], -1)).toBeNull();
  expect(neighbour(start, [2], 1)).toBeNull();
});

it("keeps every condition under any move", () => {
  const leaves = (group: Group): string[] => group.items.flatMap((item) => (item.kind === "group" ? leaves(item) : [asText(expressionOf(item) ?? null)]));
  const places = (group: Group, at: Place = []): Place[] => group.items.flatMap((item, index) => [[...at, index], ...(item.kind === "group" ? places(item, [...at, index]) : [])]);
  for (const expression of expressions.slice(0, 400)) {
    const start = groupOf(expression);
    for (const place of places(start))
      for (const step of [1, -1] as const) expect(leaves(moved(start, place, step).group).sort()).toEqual(leaves(start).sort());
  }
});

it("removes a group with its last item", () => {
  const start = rows("result.a and (result.b or result.c)");
  const one = replaced(start, [1, 0], () => null);
  expect(text(one)).toBe("result.a and result.c");
  expect(itemAt(replaced(one, [1, 0], () => null), [1])).toBeUndefined();
});

it.each([
  ["DE, FR", ["DE", "FR"]],
  ["5, \"5\", true, null", [5, "5", true, null]],
  ['"a, b", [1, 2], {"a": "b,c"}', ["a, b", [1, 2], { a: "b,c" }]],
  ["", []],
  ["DE,", ["DE"]],
])("reads the list %s", (written, elements) => {
  expect(elementsOf(written)).toEqual(elements);
  expect(elementsOf(listText(elements))).toEqual(elements);
});

it("does not read a list with an open bracket", () => {
  expect(elementsOf('"DE')).toBeNull();
  expect(elementsOf("[1, 2")).toBeNull();
});
