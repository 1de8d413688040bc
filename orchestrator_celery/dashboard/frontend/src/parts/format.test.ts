import { describe, expect, it } from "vitest";
import { ago, bytes, compact, counted, percent, span } from "./format";

describe("span", () => {
  it.each([
    [0, "< 1 ms"],
    [0.0004, "< 1 ms"],
    [0.34, "340 ms"],
    [0.9999, "1 s"],
    [1.24, "1.2 s"],
    [9.96, "10 s"],
    [59.7, "1 m"],
    [192, "3 m 12 s"],
    [3600, "1 h"],
    [3840, "1 h 4 m"],
    [97_200, "1 d 3 h"],
    [-5, "< 1 ms"],
    [Number.NaN, "–"],
  ])("writes %d seconds as %s", (seconds, text) => expect(span(seconds)).toBe(text));
});

describe("compact", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1204, "1.2\u202fk"],
    [31_204, "31\u202fk"],
    [999_950, "1\u202fM"],
    [4_500_000, "4.5\u202fM"],
  ])("writes %d as %s", (value, text) => expect(compact(value)).toBe(text));
});

it("never says that all is done while something is missing", () => {
  expect(percent(0.9999)).toBe("> 99 %");
  expect(percent(0.0001)).toBe("< 1 %");
  expect(percent(1)).toBe("100 %");
  expect(percent(0)).toBe("0 %");
});

it("tells ages with one unit, and times to come", () => {
  expect(ago(0, 500)).toBe("just now");
  expect(ago(0, 28_000)).toBe("28 s ago");
  expect(ago(7_200_000, 0)).toBe("in 2 h");
});

it("counts", () => {
  expect(counted(1, "task")).toBe("1 task");
  expect(counted(2003, "task")).toBe("2,003 tasks");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(999_960)).toBe("1 MB");
});
