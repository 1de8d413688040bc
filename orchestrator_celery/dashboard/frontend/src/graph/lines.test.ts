import { expect, test } from "vitest";
import { linesOf } from "./canvas";
import type { Layout } from "./layout";
import type { Box, Drawing, Line } from "./model";

const box = (id: string): Box => ({ id, node: id, kind: "node", name: id, state: "WAITING", parent: null, open: false, foldable: false, children: 0, visits: 1, view: null });
const line = (source: string, target: string, way: Line["way"]): Line => ({ id: `${source}>${target}`, source, target, kind: "data", label: "", way, count: 0 });
const LAYOUT: Layout = { places: new Map(), routes: new Map(), width: 0, height: 0 };

function drawing(...ways: Line["way"][]): Drawing {
  const [first = "open", second = "open"] = ways;
  return { boxes: [box("a"), box("b"), box("c")], lines: [line("a", "b", first), line("b", "c", second)], shape: "same" };
}

test("lines that did not change are the same objects, so that they are not drawn again", () => {
  const before = linesOf(drawing("open", "open"), LAYOUT, []);
  expect(linesOf(drawing("open", "open"), LAYOUT, before)).toBe(before);
  const after = linesOf(drawing("taken", "open"), LAYOUT, before);
  expect(after[0]).not.toBe(before[0]);
  expect(after[0]?.data?.line.way).toBe("taken");
  expect(after[1]).toBe(before[1]);
});

test("a line with a new route is another object", () => {
  const before = linesOf(drawing(), LAYOUT, []);
  const route = { points: [{ x: 0, y: 0 }], label: null };
  const after = linesOf(drawing(), { ...LAYOUT, routes: new Map([["a>b", route]]) }, before);
  expect(after[0]?.data?.route).toBe(route);
  expect(after[1]).toBe(before[1]);
});
