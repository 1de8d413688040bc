import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { asText, parse, type Expression } from "./grammar";

vi.setConfig({ testTimeout: 20_000 });

// Written from the grammar in Python, which pytest compares with the same file.
const FILE = resolve("../../../tests/kit/conditions.jsonl");
const lines = readFileSync(FILE, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as unknown[]);
const expressions = lines.filter((line): line is [string, Expression] => line.length === 2);
const wrong = lines.filter((line): line is [string, number, number, string] => line.length === 4);

describe("the grammar of Python", () => {
  it("is the same for every expression: the text letter for letter, and what it means", () => {
    expect(expressions).toHaveLength(2000);
    for (const [digest, expression] of expressions) {
      const text = asText(expression);
      expect([text, createHash("sha256").update(text).digest("hex").slice(0, 12)]).toEqual([text, digest]);
      expect(parse(text)).toEqual({ expression });
    }
  });

  it("refuses the same texts at the same place for the same reason", () => {
    expect(wrong).toHaveLength(300);
    for (const [text, position, length, reason] of wrong) {
      const { error } = parse(text);
      // Python counts characters, JavaScript counts units of UTF-16.
      const start = [...text.slice(0, error?.position)].length;
      const found = error && [text, start, [...text.slice(0, error.position + error.length)].length - start, error.message];
      expect(found).toEqual([text, position, length, reason]);
    }
  });
});

describe("what only a browser cannot do", () => {
  it("refuses whole numbers that JavaScript would change", () => {
    expect(parse("result == 9007199254740991")).toEqual({ expression: ["eq", ["result"], 9007199254740991] });
    expect(parse("result == 9007199254740992").error).toMatchObject({ position: 10, length: 16, message: expect.stringContaining("53 bits") });
    expect(asText(2 ** 53)).toBe("9007199254740992.0");
  });

  it("reads a negative zero as Python does", () => {
    expect(Object.is(parse("-0").expression, 0)).toBe(true);
    expect(Object.is(parse("-0.0").expression, -0)).toBe(true);
  });

  it("reads the prototype as a plain key", () => {
    const { expression } = parse('{"__proto__": {"polluted": true}}');
    expect(JSON.stringify(expression)).toBe('["value",{"__proto__":{"polluted":true}}]');
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("limits", () => {
  it.each([
    ["(".repeat(10_000), "brackets"],
    ["[".repeat(10_000), "brackets"],
    ["not ".repeat(24_000) + "result", "too large"],
    ["result or ".repeat(9_000) + "result", "too large"],
    ["result" + "[0]".repeat(30_000), "too large"],
    [Array.from({ length: 11 }, () => 'result matches "a"').join(" and "), "10 patterns"],
    ['"' + "a".repeat(1_000_000), "100,000 characters"],
    ['"' + "a".repeat(9_999) + '"', "too large"],
  ])("refuses hostile text soon (%#)", (text, reason) => {
    const began = performance.now();
    expect(parse(text).error?.message).toContain(reason);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it("counts characters as Python does", () => {
    expect(parse(`"${"😀".repeat(9_998)}"`).error).toBeUndefined();
    expect(parse(`"${"😀".repeat(9_999)}"`).error?.message).toContain("too large");
    expect(parse(" ".repeat(99_998) + "😀😀😀").error).toMatchObject({ position: 100_002, length: 2, message: expect.stringContaining("100,000") });
  });
});

it.each(["2024-02-29T00:00:00Z", "2030-01-01T00:00+02:00", "2030-01-01 10:30:00.25-0500", "20300101T000000Z", "2030-W01-1T00:00:00+00:00"])("knows the date %s", (text) => {
  expect(parse(`datetime("${text}")`).error).toBeUndefined();
});
it.each(["2023-02-29T00:00:00Z", "2030-13-01T00:00:00Z", "2030-01-01T24:00:01Z", "2030-01-01T00:00:00", "2030-01-01", "soon"])("refuses the date %s", (text) => {
  expect(parse(`datetime("${text}")`).error).toMatchObject({ position: 9, message: expect.stringContaining("timezone") });
});
