import { describe, expect, it } from "vitest";
import type { Json } from "./document";
import { callbackTask, callOf, itemsOf, sameItems } from "./swarm";

const call = (args: Json[], kwargs: Record<string, Json> = {}, more = {}): Json => ({ task: "shop.resize", args, kwargs, options: {}, subtask_type: null, immutable: false, ...more });

describe("items of a swarm as lines", () => {
  it.each<[string, Json]>([
    ["a.png", call(["a.png"])],
    ["7", call([7])],
    ['"7"', call(["7"])],
    ['" a"', call([" a"])],
    ['""', call([""])],
    ["null", call([null])],
    ['["a",2]', call(["a", 2])],
    ["[[1,2]]", call([[1, 2]])],
    ['[{"a":1}]', call([{ a: 1 }])],
    ["[]", call([])],
    ['{"path":"a"}', call([], { path: "a" })],
    ['"two\\nlines"', call(["two\nlines"])],
  ])("shows %s and reads it back", (line, item) => {
    const same = sameItems({ tasks: [item] });
    expect(same?.lines).toEqual([line]);
    expect(same && itemsOf(same)).toEqual([item]);
  });

  it("leaves out empty lines and keeps what takes no input", () => {
    const same = { task: "shop.resize", immutable: true, lines: ["1", "", "  2 "] };
    expect(itemsOf(same)).toEqual([call([1], {}, { immutable: true }), call([2], {}, { immutable: true })]);
    expect(sameItems({ tasks: itemsOf(same) })).toEqual({ ...same, lines: ["1", "2"] });
  });

  it.each<[string, Record<string, Json>]>([
    ["tasks", { tasks: [call([1]), call([2], {}, { task: "shop.other" })] }],
    ["options", { tasks: [call([1], {}, { options: { queue: "slow" } })] }],
    ["kinds", { tasks: [call([1], {}, { subtask_type: "chain" })] }],
    ["both arguments", { tasks: [call([1], { a: 2 })] }],
    ["priorities", { tasks: [call([1])], levels: [[3, 0, 1]] }],
    ["callbacks", { tasks: [call([1])], own_callbacks: { "0": {} } }],
  ])("does not show items that differ in their %s", (_, kwargs) => expect(sameItems(kwargs)).toBeNull());
});

it("shows a callback that is one task without arguments", () => {
  expect(callbackTask(undefined)).toBe("");
  expect(callbackTask([])).toBe("");
  expect(callbackTask([callOf("shop.told")])).toBe("shop.told");
  expect(callbackTask([callOf("a"), callOf("b")])).toBeNull();
  expect(callbackTask([call([1])])).toBeNull();
});
