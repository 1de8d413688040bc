import { expect, test } from "vitest";
import { readLines } from "./new-items";

test("a list has positional arguments, an object keyword arguments, another line is the one argument", () => {
  const { items, problems } = readLines('[1, "two"]\n\n {"path": "a"} \n7\n"8"\nplain text\r\n');
  expect(problems).toEqual([]);
  expect(items).toEqual([
    { args: [1, "two"], kwargs: {} },
    { args: [], kwargs: { path: "a" } },
    { args: [7], kwargs: {} },
    { args: ["8"], kwargs: {} },
    { args: ["plain text"], kwargs: {} },
  ]);
});

test("a broken list is told with its line, and only the first ones are told", () => {
  const { items, problems } = readLines(`1\n\n[1,\n${"{\n".repeat(8)}`);
  expect(items).toHaveLength(1);
  expect(problems.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7]);
  expect(problems[0]?.text).toMatch(/JSON|Unexpected/);
});

test("ten thousand lines are read at once", () => {
  expect(readLines(Array.from({ length: 10_000 }, (_, index) => `[${index}]`).join("\n")).items).toHaveLength(10_000);
});
